//! Steps as people read them.
//!
//! Boundary: text for reports; references stay unreplaced, so no secret can slip in.

use super::{Act, Answer, ScrollTo, Step};

impl Step {
    /// The user's own name for the step, else what it does: `click launcher`,
    /// `fill placeholder=Message with "hello ${run.id}" and press Enter`.
    pub fn describe(&self) -> String {
        self.name.clone().unwrap_or_else(|| {
            let answer = match &self.answer {
                None => String::new(),
                Some(Answer::Accept) => ", answering OK".to_owned(),
                Some(Answer::Dismiss) => ", answering Cancel".to_owned(),
                Some(Answer::SignIn { user, .. }) => format!(", signing in as \"{}\"", user.text),
                Some(Answer::Prompt(text)) => format!(", answering \"{}\"", text.text),
            };
            let popup = self.popup.as_ref().map(|popup| popup.describe()).unwrap_or_default();
            format!("{}{popup}{answer}", self.act.describe())
        })
    }
}

impl Act {
    /// What is done, as a person reads it.
    pub fn describe(&self) -> String {
        match self {
            Act::Open(address) => format!("open {}", address.text),
            Act::Reload => "reload".to_owned(),
            Act::Back => "back".to_owned(),
            Act::Click(target) => format!("click {}", target.text),
            Act::Gesture { target, gesture } => gesture.describe(&target.text),
            Act::Fill { target, with, press } => {
                let press = press.as_ref().map(|keys| format!(" and press {}", keys.text)).unwrap_or_default();
                format!("fill {} with \"{}\"{press}", target.text, with.text)
            }
            Act::Press { keys, on } => {
                let on = on.as_ref().map(|target| format!(" on {}", target.text)).unwrap_or_default();
                format!("press {}{on}", keys.text)
            }
            Act::Select { target, options } => {
                let options: Vec<String> = options.iter().map(|option| format!("\"{}\"", option.text)).collect();
                format!("select {} in {}", options.join(", "), target.text)
            }
            Act::Upload { target, files } => {
                let files: Vec<&str> = files.iter().map(|file| file.text.as_str()).collect();
                format!("upload {} to {}", files.join(", "), target.text)
            }
            Act::Download { target, file } => format!("click {} to download{}", target.text, file.describe()),
            Act::Scroll(ScrollTo::Element(target)) => format!("scroll to {}", target.text),
            Act::Scroll(ScrollTo::Until { list, seen }) => format!("scroll {} until {}", list.text, seen.text),
            Act::Scroll(ScrollTo::Top) => "scroll to the top".to_owned(),
            Act::Scroll(ScrollTo::Bottom) => "scroll to the bottom".to_owned(),
            Act::Scroll(ScrollTo::Percent(share)) => format!("scroll to {share}%"),
            Act::Hover(target) => format!("hover {}", target.text),
            Act::WaitFor(target) => format!("wait for {}", target.text),
            Act::WaitUntilGone(target) => format!("wait until {} is gone", target.text),
            Act::Pause(time) => format!("pause {}", duration(*time)),
            Act::Advance(time) => format!("advance the clock by {}", duration(*time)),
            Act::Eval(script) => {
                let line = script.text.split_whitespace().collect::<Vec<_>>().join(" ");
                if line.chars().count() > 60 {
                    format!("eval {}…", line.chars().take(59).collect::<String>())
                } else {
                    format!("eval {line}")
                }
            }
            Act::ClosePage => "close the page".to_owned(),
        }
    }
}

pub(super) fn duration(time: std::time::Duration) -> String {
    let ms = time.as_millis();
    match ms {
        _ if ms >= 60_000 && ms.is_multiple_of(60_000) => format!("{}m", ms / 60_000),
        _ if ms >= 1_000 && ms.is_multiple_of(100) => format!("{}s", ms as f64 / 1000.0),
        _ => format!("{ms}ms"),
    }
}

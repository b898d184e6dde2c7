//! A phone number, and what it becomes on its way: E.164, with or without its plus, with a country's code that wasn't typed.
//! Source: ITU-T E.164 and its list of assigned country codes.

/// A typed phone number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Digits {
    /// As typed, without what stands between them.
    typed: String,
    /// Without the trunk's zeros or the international prefix.
    national: String,
    /// It was typed with its country's code.
    whole: bool,
}

impl Digits {
    /// Seven to fifteen digits, and nothing but what people put between them; and no date.
    pub(super) fn of(text: &str) -> Option<Self> {
        let text = text.trim();
        let typed = digits(text);
        let fits = text.chars().all(|c| c.is_ascii_digit() || is_between(c));
        if !fits || !(7..=15).contains(&typed.len()) || is_date(text) {
            return None;
        }
        let whole = text.starts_with('+') || text.starts_with("00");
        let national = typed.trim_start_matches('0').to_owned();
        Some(Self { national, whole, typed }).filter(|digits| digits.national.len() >= 6)
    }

    /// The forms that it may take without knowing of any country.
    pub(super) fn forms(&self) -> Vec<String> {
        let mut forms = vec![self.typed.clone(), format!("+{}", self.typed)];
        if self.whole {
            forms.extend([self.national.clone(), format!("+{}", self.national), format!("00{}", self.national)]);
        }
        forms.dedup();
        forms
    }

    /// With the code of every country, if none was typed.
    pub(super) fn international(&self) -> Vec<String> {
        if self.whole {
            return Vec::new();
        }
        let with = |code: u16| [format!("{code}{}", self.national), format!("+{code}{}", self.national)];
        codes().flat_map(with).collect()
    }

    /// Whether a text has the number in it, however it is grouped there.
    pub(super) fn stand_in(&self, text: &str) -> bool {
        let is_part = |c: char| c.is_ascii_digit() || is_between(c);
        let mut rest = text;
        while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
            // What a letter stands before is the end of a word.
            let in_word = rest.get(..at).and_then(|head| head.chars().next_back()).is_some_and(char::is_alphanumeric);
            let run = rest.get(at..).unwrap_or_default();
            let end = run.find(|c| !is_part(c)).unwrap_or(run.len());
            let goes_on = run.get(end..).and_then(|tail| tail.chars().next()).is_some_and(char::is_alphanumeric);
            let run_text = run.get(..end).unwrap_or_default();
            if !in_word && !goes_on && self.is(&digits(run_text)) {
                return true;
            }
            rest = run.get(end..).unwrap_or_default();
        }
        false
    }

    fn is(&self, other: &str) -> bool {
        if other.len() > 17 {
            return false;
        }
        let bare = other.trim_start_matches('0');
        if other == self.typed || (self.whole && bare == self.national) {
            return true;
        }
        let code = bare.strip_suffix(self.national.as_str()).filter(|code| !self.whole && !code.is_empty());
        code.is_some_and(|code| code.parse().is_ok_and(|code: u16| codes().any(|known| known == code)))
    }
}

fn is_between(c: char) -> bool {
    matches!(c, '+' | ' ' | '-' | '.' | '(' | ')' | '/' | '\u{a0}')
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// `2026-11-28`, `28.11.2026`, `11/28/2026`: digits that people type more often than phone numbers.
fn is_date(text: &str) -> bool {
    let groups: Vec<&str> = text.split(['-', '.', '/']).map(str::trim).collect();
    let [first, second, third] = groups.as_slice() else { return false };
    let is_year = |group: &str| group.len() == 4 && (group.starts_with("19") || group.starts_with("20"));
    let is_day =
        |group: &str| matches!(group.len(), 1 | 2) && group.parse::<u8>().is_ok_and(|day| (1..=31).contains(&day));
    (is_year(first) && is_day(second) && is_day(third)) || (is_day(first) && is_day(second) && is_year(third))
}

/// The country codes that are assigned: one digit for two zones, two for 44 countries, else three.
fn codes() -> impl Iterator<Item = u16> {
    const TWO: &[u16] = &[
        20, 27, 30, 31, 32, 33, 34, 36, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49, 51, 52, 53, 54, 55, 56, 57, 58, 60, 61,
        62, 63, 64, 65, 66, 81, 82, 84, 86, 90, 91, 92, 93, 94, 95, 98,
    ];
    // Whole tens of three digits; what isn't assigned in them does no harm.
    const TENS: &[u16] = &[21, 22, 23, 24, 25, 26, 29, 35, 37, 38, 42, 50, 59, 67, 68, 69, 80, 85, 87, 88, 96, 97, 99];
    [1, 7].into_iter().chain(TWO.iter().copied()).chain(TENS.iter().flat_map(|ten| ten * 10..ten * 10 + 10))
}

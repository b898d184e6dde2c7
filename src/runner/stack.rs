//! Who called: the script, line and column in a stack trace as a browser writes it.
//!
//! Boundary: text -> place. The text is a page's own, as good as: a script may have any address and its functions any
//! name.

/// Frames of `handlers.js` at the top of its stacks: the one that makes the stack, and the Proxy's trap that asks for it.
pub(super) const OWN_FRAMES: usize = 2;

/// A place in a script.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Place {
    /// Address of the script, or of the page for an inline one.
    pub script: String,
    /// From 1.
    pub line: u32,
    /// From 1.
    pub column: u32,
}

/// The first frame with a place below the first `own` frames.
///
/// Chromium writes `    at name (address:line:column)` below the error's message, Firefox `name@address:line:column`.
pub(super) fn caller(stack: &str, own: usize) -> Option<Place> {
    let frames: Vec<&str> = if stack.lines().any(|line| line.trim_start().starts_with("at ")) {
        stack.lines().map(str::trim_start).filter(|line| line.starts_with("at ")).collect()
    } else {
        stack.lines().filter(|line| line.contains('@')).collect()
    };
    frames.into_iter().skip(own).find_map(place)
}

fn place(frame: &str) -> Option<Place> {
    if let Some(frame) = frame.strip_prefix("at ") {
        // Code made from a text has no address; where it was made has.
        if let Some((_, origin)) = frame.rsplit_once("eval at ") {
            let inner = origin.split_once("), ").map_or(origin, |(inner, _)| inner);
            return numbers(inner.rsplit_once(" (").map_or(inner, |(_, at)| at).trim_end_matches(')'));
        }
        let inner = match frame.rsplit_once(" (") {
            Some((_, inner)) => inner.strip_suffix(')').unwrap_or(inner),
            None => frame.strip_prefix("async ").unwrap_or(frame),
        };
        return numbers(inner);
    }
    let (_, address) = frame.split_once('@')?;
    // `page.html line 3 > eval:1:1`
    match address.split_once(" line ") {
        Some((script, rest)) if rest.contains(" > ") => {
            let line = rest.split(' ').next().and_then(|line| line.parse().ok()).unwrap_or(0);
            known(script).then(|| Place { script: script.to_owned(), line, column: 0 })
        }
        _ => numbers(address),
    }
}

/// Splits `address:line:column`.
fn numbers(text: &str) -> Option<Place> {
    let (rest, column) = text.rsplit_once(':')?;
    let (script, line) = rest.rsplit_once(':')?;
    let (line, column) = (line.parse().ok()?, column.parse().ok()?);
    known(script).then(|| Place { script: script.to_owned(), line, column })
}

/// An address that leads somewhere: not `<anonymous>`, as code of the browser's and of evaluated texts is called.
fn known(script: &str) -> bool {
    !script.is_empty() && !script.starts_with('<')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(stack: &str) -> String {
        caller(stack, OWN_FRAMES).map_or("unknown".to_owned(), |p| format!("{} {} {}", p.script, p.line, p.column))
    }

    #[test]
    fn both_browsers_frames_are_read() {
        let chromium = "Error\n    at stackOf (<anonymous>:1:2)\n    at Object.apply (<anonymous>:3:4)\n    at https://shop.example/app.js?v=1:12:34\n    at Array.forEach (<anonymous>)";
        assert_eq!(at(chromium), "https://shop.example/app.js?v=1 12 34");
        let named = "Error\n    at a (<anonymous>:1:2)\n    at Object.apply (<anonymous>:3:4)\n    at Array.forEach (<anonymous>)\n    at new Odd (name) (http://[::1]:8080/x.js:7:1)";
        assert_eq!(at(named), "http://[::1]:8080/x.js 7 1");
        let evaluated = "Error\n    at a (<anonymous>:1:2)\n    at Object.apply (<anonymous>:3:4)\n    at eval (eval at run (https://shop.example/gtm.js:5:6), <anonymous>:1:1)";
        assert_eq!(at(evaluated), "https://shop.example/gtm.js 5 6");
        let firefox = "stackOf@chrome://remote/x.mjs:1:2\napply@chrome://remote/x.mjs:3:4\n@https://user@shop.example/app.js:12:34\nrun@https://shop.example/:1:1\n";
        assert_eq!(at(firefox), "https://user@shop.example/app.js 12 34");
        let evaluated = "a@x:1:2\nb@x:3:4\n@https://shop.example/gtm.js line 5 > eval:1:1\n";
        assert_eq!(at(evaluated), "https://shop.example/gtm.js 5 0");
    }

    #[test]
    fn nonsense_is_unknown() {
        for stack in ["", "Error", "at", "@\n@\n@", "x@y\nx@y\nx@y:z:1", "a\n at b\n at c\n at d:99999999999999:1"] {
            assert_eq!(at(stack), "unknown", "{stack:?}");
        }
    }
}

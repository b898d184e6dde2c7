//! Which texts of a visitor's are taken: tidied, bounded, and for some fields checked.

/// The longest text that is kept of anybody.
const TEXT_LIMIT: usize = 2_000;

/// A text without surrounding white space and within bounds; none if nothing is left.
pub(super) fn tidy(text: &str) -> Option<String> {
    let text: String = text.trim().chars().take(TEXT_LIMIT).collect();
    (!text.is_empty()).then_some(text)
}

/// A value as it is stored, or what to tell the visitor.
pub(super) fn accept_value(field: &str, choices: &[String], value: &str) -> Result<String, &'static str> {
    let value = tidy(value).ok_or("Please fill this in first.")?;
    if value.chars().count() > 200 {
        return Err("That is too long.");
    }
    let fine = match field {
        "email" => looks_like_email(&value),
        "phone" => looks_like_phone(&value),
        _ => choices.is_empty() || choices.contains(&value),
    };
    match (fine, field) {
        (true, _) => Ok(value),
        (false, "email") => Err("That does not look like an email address. Please check it."),
        (false, "phone") => Err("That does not look like a phone number. Please add the area code."),
        (false, _) => Err("Please choose one of the answers."),
    }
}

fn looks_like_email(value: &str) -> bool {
    let Some((local, domain)) = value.split_once('@') else { return false };
    let labels: Vec<&str> = domain.split('.').collect();
    !local.is_empty()
        && !value.chars().any(char::is_whitespace)
        && !domain.contains('@')
        && labels.len() >= 2
        && labels.iter().all(|label| !label.is_empty())
        && labels.last().is_some_and(|top| top.len() >= 2)
}

fn looks_like_phone(value: &str) -> bool {
    let digits = value.chars().filter(char::is_ascii_digit).count();
    (7..=15).contains(&digits) && value.chars().all(|c| c.is_ascii_digit() || "+-(). /".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_numbers_are_told_from_other_texts() {
        for good in ["a@b.co", "first.last+tag@sub.example.com"] {
            assert!(looks_like_email(good), "{good}");
        }
        for bad in ["visitor@nowhere", "@b.co", "a b@c.de", "a@b@c.de", "a@.de", "a@b.", "a@b.c"] {
            assert!(!looks_like_email(bad), "{bad}");
        }
        for good in ["+1 555 010 0199", "(0)30 1234567", "030/123 45 67"] {
            assert!(looks_like_phone(good), "{good}");
        }
        for bad in ["12345", "call me", "+1 555 010 0199 ext 7", "1234567890123456"] {
            assert!(!looks_like_phone(bad), "{bad}");
        }
    }
}

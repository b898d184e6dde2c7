//! What is typed into a field: by what it asks for, visibly made up.
//!
//! Boundary: from what a field says of itself, and the chat's last words, to a text.

use std::collections::BTreeMap;

use crate::browser::offers::Offer;

/// What a field asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An email address.
    Email,
    /// A phone number.
    Phone,
    /// A whole name.
    Name,
    /// A first name.
    FirstName,
    /// A last name.
    LastName,
    /// A company.
    Company,
    /// A number.
    Number,
    /// A day.
    Date,
    /// A web address.
    Url,
    /// A post code.
    PostCode,
    /// Anything.
    Text,
}

impl Kind {
    /// Its name, as in a file of answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Name => "name",
            Self::FirstName => "first-name",
            Self::LastName => "last-name",
            Self::Company => "company",
            Self::Number => "number",
            Self::Date => "date",
            Self::Url => "url",
            Self::PostCode => "post-code",
            Self::Text => "text",
        }
    }

    /// What is right for it.
    fn right(self, r#type: &str) -> &'static str {
        match self {
            Self::Email => "visitor@example.com",
            Self::Phone => "+1 555 010 0199",
            Self::Name => "Kim Example",
            Self::FirstName => "Kim",
            Self::LastName => "Example",
            Self::Company => "Example Ltd",
            Self::Number => "12",
            Self::Date => match r#type {
                "date" => "2031-05-14",
                "datetime-local" => "2031-05-14T10:30",
                "month" => "2031-05",
                "week" => "2031-W20",
                "time" => "10:30",
                _ => "14 May 2031",
            },
            Self::Url => "https://www.example.com",
            Self::PostCode => "12345",
            Self::Text => "Hello, this is only a test",
        }
    }

    /// What must be refused, if there is something of which that is sure.
    pub fn wrong(self) -> Option<&'static str> {
        match self {
            Self::Email => Some("visitor.example.com"),
            Self::Phone => Some("not a number"),
            _ => None,
        }
    }

    /// The words of an event that comes of giving it.
    pub fn subject(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
            _ => "complete",
        }
    }
}

const HINTS: &[(Kind, &[&str])] = &[
    (
        Kind::Email,
        &["email", "e-mail", "mail", "courriel", "correo", "sähköposti", "почт", "メール", "邮箱", "邮件", "이메일"],
    ),
    (
        Kind::Phone,
        &[
            "phone",
            "tel",
            "mobile",
            "handy",
            "rufnummer",
            "téléphone",
            "teléfono",
            "puhelin",
            "телефон",
            "電話",
            "电话",
            "전화",
        ],
    ),
    (
        Kind::FirstName,
        &[
            "given-name",
            "first name",
            "firstname",
            "vorname",
            "prénom",
            "nombre de pila",
            "förnamn",
            "fornavn",
            "etunimi",
            "имя",
        ],
    ),
    (
        Kind::LastName,
        &[
            "family-name",
            "last name",
            "lastname",
            "surname",
            "nachname",
            "nom de famille",
            "apellido",
            "cognome",
            "sobrenome",
            "achternaam",
            "efternamn",
            "etternavn",
            "efternavn",
            "sukunimi",
            "nazwisko",
            "фамилия",
        ],
    ),
    (
        Kind::Company,
        &[
            "organization",
            "organisation",
            "company",
            "firma",
            "unternehmen",
            "entreprise",
            "société",
            "empresa",
            "azienda",
            "bedrijf",
            "företag",
            "virksomhed",
            "yritys",
            "компани",
            "会社",
            "公司",
            "회사",
        ],
    ),
    (
        Kind::Name,
        &[
            "your name",
            "full name",
            "name",
            "nom",
            "nombre",
            "nome",
            "naam",
            "namn",
            "navn",
            "nimi",
            "imię",
            "お名前",
            "姓名",
            "이름",
        ],
    ),
    (
        Kind::PostCode,
        &["postal-code", "zip", "postcode", "post code", "plz", "postleitzahl", "code postal", "código postal", "cap"],
    ),
    (Kind::Date, &["date", "datum", "birthday", "fecha", "giorno", "日付", "日期"]),
    (Kind::Url, &["website", "webseite", "url", "site web", "sitio web"]),
    (
        Kind::Number,
        &["how many", "number of", "quantity", "anzahl", "wie viele", "combien", "cuántos", "quanti", "hoeveel"],
    ),
];

/// What a field asks for: by its type, what it says of itself, and if that is nothing, what the chat said last.
pub fn kind(offer: &Offer, said: &[String]) -> Kind {
    match offer.r#type.as_str() {
        "email" => return Kind::Email,
        "tel" => return Kind::Phone,
        "number" => return Kind::Number,
        "date" | "datetime-local" | "month" | "week" | "time" => return Kind::Date,
        "url" => return Kind::Url,
        _ => {}
    }
    let find = |text: &str| {
        let text = text.to_lowercase();
        let words = || text.split(|c: char| !c.is_alphanumeric() && c != '-').filter(|word| !word.is_empty());
        HINTS.iter().find(|(_, hints)| {
            hints.iter().any(|hint| {
                if hint.len() <= 4 && hint.is_ascii() { words().any(|word| word == *hint) } else { text.contains(hint) }
            })
        })
    };
    let own = offer.hints.iter().find_map(|hint| find(hint));
    own.or_else(|| said.iter().rev().find_map(|line| find(line))).map_or(Kind::Text, |(kind, _)| *kind)
}

/// What to type into a field.
pub fn answer(offer: &Offer, kind: Kind, answers: &BTreeMap<String, String>) -> String {
    let label = offer.name.to_lowercase();
    let own = answers.iter().find(|(key, _)| label.contains(&key.to_lowercase()));
    let own = own.or_else(|| answers.get_key_value(kind.name()));
    own.map_or_else(|| kind.right(&offer.r#type).to_owned(), |(_, value)| value.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_known_by_its_type_its_words_or_what_was_asked() {
        let field = |r#type: &str, hints: &[&str]| Offer {
            r#type: r#type.to_owned(),
            hints: hints.iter().map(|hint| (*hint).to_owned()).collect(),
            ..Offer::default()
        };
        let asked = |text: &str| vec![text.to_owned()];
        assert_eq!(kind(&field("email", &[]), &[]), Kind::Email);
        assert_eq!(kind(&field("text", &["Geschäftliche E-Mail"]), &[]), Kind::Email);
        assert_eq!(kind(&field("text", &["tel-national"]), &[]), Kind::Text);
        assert_eq!(kind(&field("text", &["tel"]), &[]), Kind::Phone);
        assert_eq!(kind(&field("text", &["Message"]), &asked("What is your email address?")), Kind::Email);
        assert_eq!(kind(&field("text", &["Full name"]), &[]), Kind::Name);
        assert_eq!(kind(&field("textarea", &["Message"]), &asked("How can I help?")), Kind::Text);
    }
}

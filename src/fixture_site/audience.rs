//! Who a dialogue is for: visitors of a language, visitors near an office, visitors who were here before.
//!
//! Boundary: what a page tells of its visitor against what a dialogue asks for; pure.

use serde::Deserialize;

/// How far an office may be away, in kilometres, to be near.
const NEAR_KM: f64 = 150.0;
const EARTH_RADIUS_KM: f64 = 6371.0;

/// What a page tells of its visitor.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Traits {
    /// The browser's first language: `de-DE`.
    pub language: String,
    /// Latitude and longitude in degrees, if the page may know them.
    pub place: Option<(f64, f64)>,
    /// Has finished a conversation on an earlier visit.
    pub returning: bool,
}

/// Whom a dialogue is for; without any key, for everybody.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Audience {
    /// Those whose first language this is, in any region.
    language: Option<String>,
    /// Those near one of these.
    near: Vec<Office>,
    /// Those who were here before.
    returning: bool,
}

/// An office.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Office {
    /// Said of it: `{office}` in the dialogue's texts.
    pub name: String,
    latitude: f64,
    longitude: f64,
}

impl Audience {
    /// Whether a visitor belongs to it.
    pub fn includes(&self, visitor: &Traits) -> bool {
        let speaks = |language: &String| {
            let own = visitor.language.split('-').next().unwrap_or_default();
            own.eq_ignore_ascii_case(language)
        };
        self.language.as_ref().is_none_or(speaks)
            && (self.near.is_empty() || self.office(visitor).is_some())
            && (!self.returning || visitor.returning)
    }

    /// The nearest office, if one is near.
    pub fn office(&self, visitor: &Traits) -> Option<&Office> {
        let from = visitor.place?;
        let away = |office: &Office| kilometres(from, (office.latitude, office.longitude));
        self.near.iter().filter(|office| away(office) <= NEAR_KM).min_by(|a, b| away(a).total_cmp(&away(b)))
    }
}

/// Along a great circle, between two places in degrees.
fn kilometres((north, east): (f64, f64), (other_north, other_east): (f64, f64)) -> f64 {
    let half = |a: f64, b: f64| ((b - a).to_radians() / 2.0).sin().powi(2);
    let h =
        half(north, other_north) + north.to_radians().cos() * other_north.to_radians().cos() * half(east, other_east);
    2.0 * EARTH_RADIUS_KM * h.sqrt().min(1.0).asin()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dialogue_is_for_those_of_whom_all_is_true() {
        let of = |text: &str| serde_json::from_str::<Audience>(text).expect("an audience");
        let german = Traits { language: "de-AT".into(), ..Traits::default() };
        let in_berlin = Traits { place: Some((52.5, 13.4)), ..Traits::default() };
        let back = Traits { returning: true, language: "en-US".into(), ..Traits::default() };

        assert!(of("{}").includes(&german) && of("{}").includes(&back));
        assert!(of(r#"{ "language": "de" }"#).includes(&german));
        assert!(!of(r#"{ "language": "de" }"#).includes(&Traits { language: "den-CA".into(), ..german.clone() }));
        assert!(!of(r#"{ "language": "de", "returning": true }"#).includes(&german));
        assert!(of(r#"{ "returning": true }"#).includes(&back) && !of(r#"{ "returning": true }"#).includes(&german));

        let offices = r#"{ "near": [
            { "name": "Hamburg", "latitude": 53.55, "longitude": 10.0 },
            { "name": "Berlin", "latitude": 52.52, "longitude": 13.37 }
        ] }"#;
        assert_eq!(of(offices).office(&in_berlin).map(|office| office.name.as_str()), Some("Berlin"));
        assert!(of(offices).includes(&in_berlin) && !of(offices).includes(&german));
        let in_boston = Traits { place: Some((42.36, -71.06)), ..Traits::default() };
        assert!(!of(offices).includes(&in_boston));
    }
}

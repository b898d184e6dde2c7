//! The agents' calendar: the same free slots for everyone, on the next working days.

use serde_json::{Value, json};
use time::{Date, Weekday};

/// How many working days are on offer.
const DAYS: usize = 5;
/// When meetings begin, UTC: hour and minute.
const TIMES: [(u8, u8); 6] = [(9, 30), (10, 30), (11, 30), (14, 0), (15, 0), (16, 30)];
/// How long a meeting takes, in minutes. No slot may run into the next hour but one.
const MINUTES: u8 = 30;

/// A time that can be booked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slot {
    day: Date,
    hour: u8,
    minute: u8,
}

/// The days on offer with their slots, as the widget shows them.
pub(super) fn days(today: Date) -> Value {
    working_days(today)
        .map(|day| {
            let slots: Vec<Value> = TIMES
                .iter()
                .map(|&(hour, minute)| {
                    let slot = Slot { day, hour, minute };
                    json!({ "id": slot.start(), "label": slot.clock() })
                })
                .collect();
            json!({
                "date": iso(day),
                "weekday": short(&day.weekday().to_string()),
                "day": day.day(),
                "month": short(&day.month().to_string()),
                "slots": slots,
            })
        })
        .collect()
}

impl Slot {
    /// The slot on offer with this id.
    pub fn find(id: &str, today: Date) -> Option<Self> {
        working_days(today)
            .flat_map(|day| TIMES.iter().map(move |&(hour, minute)| Self { day, hour, minute }))
            .find(|slot| slot.start() == id)
    }

    /// As a person says it; `word` gives words in their language.
    pub fn spoken(self, word: impl Fn(&str) -> String) -> String {
        let Self { day, .. } = self;
        word("{weekday} {day} {month} at {clock} UTC")
            .replace("{weekday}", &word(&short(&day.weekday().to_string())))
            .replace("{day}", &day.day().to_string())
            .replace("{month}", &word(&day.month().to_string()))
            .replace("{clock}", &self.clock())
    }

    /// What a payload tells of the meeting.
    pub fn info(self, title: &str) -> Value {
        let end = u16::from(self.hour) * 60 + u16::from(self.minute) + u16::from(MINUTES);
        json!({
            "title": title,
            "startDateTime": self.start(),
            "endDateTime": format!("{}T{:02}:{:02}:00Z", iso(self.day), end / 60, end % 60),
            "timeZone": "UTC",
        })
    }

    fn start(self) -> String {
        format!("{}T{}:00Z", iso(self.day), self.clock())
    }

    fn clock(self) -> String {
        format!("{:02}:{:02}", self.hour, self.minute)
    }
}

fn working_days(today: Date) -> impl Iterator<Item = Date> {
    std::iter::successors(today.next_day(), |day| day.next_day())
        .filter(|day| !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday))
        .take(DAYS)
}

fn iso(day: Date) -> String {
    format!("{:04}-{:02}-{:02}", day.year(), u8::from(day.month()), day.day())
}

fn short(name: &str) -> String {
    name.chars().take(3).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::Month;

    #[test]
    fn offers_working_days_and_finds_its_own_slots() {
        let friday = Date::from_calendar_date(2027, Month::December, 31).expect("a date");
        let days = days(friday);
        assert_eq!(days.as_array().map(Vec::len), Some(DAYS));
        assert_eq!(days[0]["date"], "2028-01-03");
        assert_eq!(days[0]["weekday"], "Mon");
        let id = days[4]["slots"][5]["id"].as_str().expect("an id");
        let slot = Slot::find(id, friday).expect("on offer");
        assert_eq!(slot.info("Call")["endDateTime"], "2028-01-07T17:00:00Z");
        assert_eq!(slot.spoken(str::to_owned), "Fri 7 January at 16:30 UTC");
        assert_eq!(Slot::find("2028-01-01T09:30:00Z", friday), None);
    }
}

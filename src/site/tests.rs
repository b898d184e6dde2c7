use super::*;
use crate::source::SourceFile;

fn known() -> Known {
    Known {
        constants: vec!["A".into(), "B".into()],
        payload_fields: IndexMap::from([("A".to_owned(), vec!["id".to_owned(), "info".to_owned()])]),
        requirements: vec!["ready.fired".into(), "event.A.fires".into(), "event.B.fires".into()],
    }
}

fn site(text: &str) -> Site {
    match parse(SourceFile::new("dir/site.yaml", text), &known()) {
        Ok(site) => site,
        Err(mistakes) => panic!("{mistakes}"),
    }
}

use super::*;

fn adobe() -> Spec {
    match parse(builtin("adobe-dynamic-chat").expect("built in")) {
        Ok(spec) => spec,
        Err(mistakes) => panic!("{mistakes}"),
    }
}

#[test]
fn the_adobe_spec_has_all_eleven_events() {
    let spec = adobe();
    assert_eq!(spec.events.len(), 11);
    println!("{:#?}", spec.requirement_ids());
}

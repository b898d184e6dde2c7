//! The pages of the guide that need a browser, walked as a reader would walk them. What a page's blocks mean is told in
//! `tests/guide/mod.rs`.

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};

use crate::guide::{Page, Session, page, pages};
use crate::harness::{listener, place};

/// What `python3 -m http.server` does in a folder.
async fn answer(State(folder): State<std::path::PathBuf>, uri: Uri) -> Response {
    let name = uri.path().trim_start_matches('/');
    match std::fs::read(folder.join(if name.is_empty() { "index.html" } else { name })) {
        Ok(bytes) => ([(header::CONTENT_TYPE, "text/html")], bytes).into_response(),
        Err(_) => (StatusCode::NOT_FOUND, "no such file").into_response(),
    }
}

/// Where the guide's own small page is served by its reader.
const BELL: &str = "http://localhost:8080";

async fn walk(name: &str, before: &[&str]) {
    let mut session = Session::new();
    let listener = listener().await;
    session.serves(BELL, &format!("http://localhost:{}", listener.local_addr().unwrap().port()));
    let app = Router::new().fallback(answer).with_state(session.folder().to_owned());
    tokio::spawn(async move { axum::serve(listener, app).await });
    for other in before {
        session.continues(&page(*other));
    }
    let page = page(name);
    let _place = place().await;
    tokio::task::spawn_blocking(move || session.walk(&page)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_run_goes_as_told() {
    walk("docs/first-run.md", &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_journey_with_an_agent_goes_as_told() {
    walk("docs/agent.md", &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_widget_is_proved_and_found_broken_as_told() {
    walk("docs/another-widget.md", &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_catalogue_of_ones_own_goes_as_told() {
    walk("docs/trust.md", &["docs/another-widget.md"]).await;
}

#[test]
fn no_page_is_left_out() {
    let walked = ["docs/agent.md", "docs/another-widget.md", "docs/first-run.md", "docs/trust.md"];
    let need: Vec<String> = pages().into_iter().filter(Page::needs_a_browser).map(|page| page.name).collect();
    assert_eq!(need, walked);
}

//! One set of tests for both databases. PostgreSQL is another program: its tests are ignored here and run by `make e2e`.

mod behaviour;

use behaviour::{Database, all};

#[tokio::test]
async fn a_sqlite_file_keeps_every_promise() {
    let folder = behaviour::Folder::new("promises");
    all(&Database::new(folder.path().join("feedback.db").display().to_string())).await;
}

#[tokio::test]
async fn memory_keeps_every_promise_for_as_long_as_it_lasts() {
    behaviour::kept_once(&Database::new(String::new())).await;
}

#[tokio::test]
async fn feedback_of_the_year_2999_does_not_outlive_all_that_follows() {
    behaviour::the_future_refused(&Database::new(String::new())).await;
}

#[tokio::test]
#[ignore = "needs a PostgreSQL server: `make e2e` starts one and names it in GAITKEEPER_TEST_POSTGRES"]
async fn postgresql_keeps_every_promise() {
    let url = postgresql();
    all(&Database::new(url.clone())).await;
    behaviour::copied_between(&url).await;
}

#[tokio::test]
async fn a_file_that_goes_and_comes_back() {
    behaviour::file_gone().await;
}

#[tokio::test]
#[ignore = "needs a PostgreSQL server: `make e2e` starts one and names it in GAITKEEPER_TEST_POSTGRES"]
async fn a_postgresql_that_goes_and_comes_back() {
    behaviour::server_gone(&postgresql()).await;
}

#[tokio::test]
async fn a_locked_file_is_a_503_and_no_more() {
    behaviour::file_locked().await;
}

#[tokio::test]
async fn a_full_disk_is_not_acknowledged() {
    behaviour::disk_full().await;
}

#[expect(clippy::disallowed_methods, reason = "where the server of a test is, not a setting of the service")]
fn postgresql() -> String {
    std::env::var("GAITKEEPER_TEST_POSTGRES").expect("GAITKEEPER_TEST_POSTGRES names an empty database")
}

//! One table for both memories. PostgreSQL is another program: what needs it is ignored here and run by `make e2e`.

use std::time::Instant;

use time::Duration;
use time::macros::datetime;
use tokio::net::TcpListener;

use super::*;
use crate::net::line::Line;

const NOW: OffsetDateTime = datetime!(2026-03-01 09:00 UTC);

async fn first(memory: &Memory, part: &str, until: i64, now: i64) -> Result<(), Denial> {
    memory.first_use(&[part], NOW + Duration::seconds(until), NOW + Duration::seconds(now)).await
}

/// What every memory with two places does.
async fn forgets_when_tokens_expire_and_not_before(memory: &Memory) {
    for (part, until, now, expected) in [
        ("a", 60, 0, Ok(())),
        ("a", 60, 0, Err(Denial::Replayed)),
        ("a", 60, 60, Err(Denial::Replayed)),
        ("b", 30, 0, Ok(())),
        ("c", 90, 0, Err(Denial::MemoryFull)),
        // The first that expires makes room, although it came later.
        ("c", 90, 31, Ok(())),
        ("a", 60, 31, Err(Denial::Replayed)),
        ("a", 120, 61, Ok(())),
    ] {
        assert_eq!(first(memory, part, until, now).await, expected, "{part} until {until} at {now}");
    }
}

#[tokio::test]
async fn tokens_are_forgotten_when_they_expire_and_not_before() {
    forgets_when_tokens_expire_and_not_before(&Memory::in_process(2)).await;
}

#[test]
fn parts_do_not_run_into_each_other() {
    assert_ne!(fingerprint(&["ab", "c"]), fingerprint(&["a", "bc"]));
    assert_ne!(fingerprint(&["ab"]), fingerprint(&["ab", ""]));
}

#[test]
fn the_url_of_the_database_is_not_shown() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let _guard = runtime.enter();
    let database = Database::open("postgres://gaitkeeper:geheim-4711@127.0.0.1:1/used").unwrap();
    let shown = format!("{:?}", Memory::shared(&database, "ehr", 2));
    assert!(
        shown.contains("ehr") && !shown.contains("geheim-4711") && !shown.contains("127.0.0.1"),
        "{shown}"
    );
}

/// It takes connections and says nothing.
#[tokio::test]
async fn a_memory_that_is_gone_or_silent_refuses_before_a_call_has_waited_long() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let ports = [silent.local_addr().unwrap().port(), gone.local_addr().unwrap().port()];
    drop(gone);
    for port in ports {
        let database = Database::open(&format!("postgres://gaitkeeper@127.0.0.1:{port}/used")).unwrap();
        let begun = Instant::now();
        assert_eq!(first(&Memory::shared(&database, "ehr", 2), "a", 60, 0).await, Err(Denial::MemoryGone));
        assert!(begun.elapsed() < std::time::Duration::from_secs(5), "{:?}", begun.elapsed());
    }
}

/// Where the server of the ignored tests is.
fn server() -> String {
    #[expect(
        clippy::disallowed_methods,
        reason = "where the server of this test is, not a setting of the service"
    )]
    std::env::var("GAITKEEPER_TEST_POSTGRES").expect("GAITKEEPER_TEST_POSTGRES names an empty database")
}

#[tokio::test]
#[ignore = "needs a PostgreSQL server: `make e2e` starts one and names it in GAITKEEPER_TEST_POSTGRES"]
async fn replicas_share_what_they_remember() {
    let url = server();
    // Each replica has connections of its own, and finds the database without a table.
    let (one, other) = (Database::open(&url).unwrap(), Database::open(&url).unwrap());
    let (one, other) = (Memory::shared(&one, "ehr", 1000), Memory::shared(&other, "ehr", 1000));
    tokio::join!(one.get_ready(), other.get_ready());
    // Asked at the same time, one of them lets a token pass.
    for part in 0..50 {
        let part = format!("at once {part}");
        let answers = tokio::join!(first(&one, &part, 60, 0), first(&other, &part, 60, 0));
        let passed = [answers.0, answers.1].into_iter().filter(Result::is_ok).count();
        assert_eq!(passed, 1, "{part}: {answers:?}");
    }
    assert_eq!(first(&one, "a", 60, 0).await, Ok(()));
    assert_eq!(first(&other, "a", 60, 0).await, Err(Denial::Replayed));
    let database = Database::open(&url).unwrap();
    let of_other_client = Memory::shared(&database, "clinic", 2);
    of_other_client.get_ready().await;
    assert_eq!(first(&of_other_client, "a", 60, 0).await, Ok(()));

    // Another replica fills the room, and expired rows go.
    let full = Memory::shared(&database, "ehr", 50);
    assert_eq!(first(&full, "new", 120, 0).await, Err(Denial::MemoryFull));
    assert_eq!(first(&full, "a", 120, 0).await, Err(Denial::Replayed));
    assert_eq!(first(&full, "new", 120, 61).await, Ok(()));
    assert_eq!(first(&one, "new", 120, 61).await, Err(Denial::Replayed));

    // Last, because its time goes on and with it what others remember.
    forgets_when_tokens_expire_and_not_before(&Memory::shared(&database, "table", 2)).await;
}

#[tokio::test]
#[ignore = "needs a PostgreSQL server: `make e2e` starts one and names it in GAITKEEPER_TEST_POSTGRES"]
async fn a_memory_that_goes_and_comes_back_has_forgotten_nothing() {
    let url = server();
    let mut line = Line::to(&url).await;
    let database = Database::open(line.url()).unwrap();
    let memory = Memory::shared(&database, "ehr", 10);
    memory.get_ready().await;
    assert_eq!(first(&memory, "a", 60, 0).await, Ok(()));
    line.cut().await;
    assert_eq!(first(&memory, "a", 60, 0).await, Err(Denial::MemoryGone));
    assert_eq!(first(&memory, "b", 60, 0).await, Err(Denial::MemoryGone));
    line.mend().await;
    // On a busy machine the first call may not wait for as long as connecting takes.
    let mut answer = first(&memory, "a", 60, 0).await;
    for _ in 0..9 {
        if answer != Err(Denial::MemoryGone) {
            break;
        }
        answer = first(&memory, "a", 60, 0).await;
    }
    assert_eq!(answer, Err(Denial::Replayed));
    assert_eq!(first(&memory, "b", 60, 0).await, Ok(()));
}

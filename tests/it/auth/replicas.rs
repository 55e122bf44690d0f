//! Several services for the same clients.

use super::*;

/// A service whose used tokens are in this database.
fn replica(key: &Signer, database: &str) -> axum::Router {
    let text = format!(
        "auth.used_tokens = \"database\"\nfeedback.database = \"{database}\"\n{}",
        site(&client(&[key], ""))
    );
    router(&app(config(&text, false)))
}

#[tokio::test]
#[ignore = "needs a PostgreSQL server: `make e2e` starts one and names it in GAITKEEPER_TEST_POSTGRES"]
async fn a_token_that_was_used_at_one_service_is_refused_at_the_other() {
    #[expect(
        clippy::disallowed_methods,
        reason = "where the server of this test is, not a setting of the service"
    )]
    let database =
        std::env::var("GAITKEEPER_TEST_POSTGRES").expect("GAITKEEPER_TEST_POSTGRES names an empty database");
    let key = Signer::p384("k");
    let (one, other) = (replica(&key, &database), replica(&key, &database));
    let (first, second) = (key.token(&claims()), key.token(&claims()));
    for (router, token, expected) in
        [(&one, &first, 200), (&other, &first, 401), (&other, &second, 200), (&one, &second, 401)]
    {
        assert_eq!(call(router, token).await.status, expected);
    }
}

#[tokio::test]
async fn without_the_shared_memory_calls_are_503_and_may_come_again() {
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let key = Signer::p384("k");
    let answer =
        call(&replica(&key, &format!("postgres://gaitkeeper@{gone}/used")), &key.token(&claims())).await;
    assert_eq!(answer.status, 503);
    assert_eq!(answer.headers["retry-after"], "30");
    assert_eq!(answer.body["issue"][0]["code"], "transient");
}

#[test]
fn replicas_share_used_tokens_in_postgresql_only() {
    for database in ["", "feedback.db", "sqlite:feedback.db"] {
        let file = temporary("toml");
        fs::write(&file, format!("auth.used_tokens = \"database\"\nfeedback.database = \"{database}\"\n"))
            .unwrap();
        let error = Config::load(Some(&file), [], &Overrides::default()).unwrap_err();
        assert!(error.to_string().contains("`auth.used_tokens` is `database`"), "{error}");
    }
}

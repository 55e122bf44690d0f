//! How much one client may ask for.

use super::*;

#[tokio::test]
async fn calls_that_come_too_often_are_429_and_their_tokens_stay_good() {
    let (key, other) = (Signer::p384("k"), Signer::p384("o"));
    let set = json!({ "keys": [other.jwk()] });
    let clients = client(&[&key], "calls_per_second = 1")
        + &named_client("other", "https://other.example", &format!("key_set = '{set}'"));
    let router = router(&app(config(&site(&clients), false)));
    // Two at once, and then one in a second, however slow this machine is.
    let mut answered = 0;
    let (token, refused) = loop {
        let token = key.token(&claims());
        let answer = call(&router, &token).await;
        if answer.status != 200 {
            break (token, answer);
        }
        answered += 1;
        assert!(answered < 20, "nothing is too often");
    };
    assert!(answered >= 2, "{answered}");
    assert_eq!((refused.status, &refused.body["issue"][0]["code"]), (429, &json!("throttled")));
    let wait: u64 = refused.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert_eq!(wait, 1);

    let mut of_other = claims();
    of_other["iss"] = json!("https://other.example");
    assert_eq!(call(&router, &other.token(&of_other)).await.status, 200, "others are not slowed down");
    tokio::time::sleep(std::time::Duration::from_secs(wait)).await;
    assert_eq!(call(&router, &token).await.status, 200);
}

#[tokio::test]
async fn too_many_calls_at_once_are_refused_for_one_client_and_for_all() {
    let key = Signer::p384("k");
    for (settings, limits, status) in
        [("concurrent_calls = 1", "", 429), ("", "limits.concurrent_calls = 1\n", 503)]
    {
        let text = format!("{limits}{}", site(&client(&[&key], settings)));
        let router = router(&app(config(&text, false)));
        let token = key.token(&claims());
        let endless =
            Body::from_stream(futures_util::stream::pending::<Result<bytes::Bytes, std::io::Error>>());
        let request = Request::post(format!("/cds-services/{VIEW}"))
            .header("authorization", format!("Bearer {token}"))
            .body(endless)
            .unwrap();
        let first = tokio::spawn(send(router.clone(), request));
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        let refused = call(&router, &key.token(&claims())).await;
        assert_eq!((refused.status, refused.headers["retry-after"].to_str().unwrap()), (status, "1"));
        first.abort();
        let _ = first.await;
        assert_eq!(call(&router, &key.token(&claims())).await.status, 200, "the place is free again");
    }
}

#[tokio::test]
async fn long_urls_are_414() {
    let router = router(&app(config("limits.url = \"64 B\"", false)));
    let get = |length: usize| {
        let path = format!("/cds-services?{}", "x".repeat(length - "/cds-services?".len()));
        Request::get(path).body(Body::empty()).unwrap()
    };
    assert_eq!(send(router.clone(), get(64)).await.status, 200);
    let refused = send(router, get(65)).await;
    assert_eq!((refused.status, &refused.body["issue"][0]["code"]), (414, &json!("too-long")));
}

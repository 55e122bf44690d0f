//! Whole calls of clients.

use super::*;

#[tokio::test]
async fn without_a_good_token_nobody_learns_why() {
    let (key, stranger) = (Signer::p384("k"), Signer::p384("k"));
    let app = app(config(&site(&client(&[&key], "")), false));
    let router = router(&app);
    let mut expired = claims();
    expired["exp"] = json!(0);
    let mut of_other = claims();
    of_other["iss"] = json!("https://other.example");
    let mut bodies = Vec::new();
    for token in [
        None,
        Some("nonsense".to_owned()),
        Some(stranger.token(&claims())),
        Some(key.token(&expired)),
        Some(key.token(&of_other)),
    ] {
        let answer = send(router.clone(), post(token.as_deref(), &body())).await;
        assert_eq!(answer.status, 401, "{token:?}");
        assert_eq!(answer.headers["www-authenticate"], "Bearer");
        assert_eq!(answer.headers["access-control-allow-origin"], "*");
        assert_eq!(answer.headers["cache-control"], "no-store");
        bodies.push(answer.body.to_string());
    }
    assert!(bodies.iter().all(|body| *body == bodies[0]), "{bodies:?}");
    let answer = call(&router, &key.token(&claims())).await;
    assert_eq!(answer.status, 200);
    assert!(!answer.body["cards"].as_array().unwrap().is_empty());
}

/// The reader of the body would wait for ever.
#[tokio::test(start_paused = true)]
async fn strangers_are_refused_before_their_body_is_read() {
    let key = Signer::p384("k");
    let app = app(config(&site(&client(&[&key], "")), false));
    let endless = Body::from_stream(futures_util::stream::pending::<Result<bytes::Bytes, std::io::Error>>());
    let request = Request::post(format!("/cds-services/{VIEW}")).body(endless).unwrap();
    let begun = tokio::time::Instant::now();
    assert_eq!(send(router(&app), request).await.status, 401);
    assert!(begun.elapsed() <= std::time::Duration::from_secs(1), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn discovery_is_open_unless_the_settings_say_otherwise() {
    let key = Signer::p384("k");
    let get = |token: Option<String>| {
        let mut request = Request::get("/cds-services");
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        request.body(Body::empty()).unwrap()
    };
    let open = router(&app(config(&site(&client(&[&key], "")), false)));
    assert_eq!(send(open.clone(), get(None)).await.status, 200);
    // The public sandbox sends a token here too.
    assert_eq!(send(open, get(Some("any".to_owned()))).await.status, 200);

    let text = format!("auth.discovery = \"clients\"\n{}", site(&client(&[&key], "")));
    let closed = router(&app(config(&text, false)));
    assert_eq!(send(closed.clone(), get(None)).await.status, 401);
    let mut for_discovery = claims();
    for_discovery["aud"] = json!("https://cds.example/cds-services");
    assert_eq!(send(closed.clone(), get(Some(key.token(&for_discovery)))).await.status, 200);
    assert_eq!(send(closed.clone(), get(Some(key.token(&claims())))).await.status, 401);

    for path in ["/cds-services", "/cds-services/leg-pain-patient-view"] {
        let preflight = Request::options(path).header("origin", "https://a.example");
        let preflight =
            preflight.header("access-control-request-method", "POST").body(Body::empty()).unwrap();
        assert_eq!(send(closed.clone(), preflight).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn services_that_are_not_for_a_client_are_403_and_unknown_ones_401_without_a_token() {
    let key = Signer::p384("k");
    let app = app(config(&site(&client(&[&key], "services = [\"leg-pain-order-sign\"]")), false));
    let answer = call(&router(&app), &key.token(&claims())).await;
    assert_eq!((answer.status, &answer.body["issue"][0]["code"]), (403, &json!("forbidden")));
    for (token, expected) in [(false, 401), (true, 404)] {
        let mut request = Request::post("/cds-services/unknown");
        let mut claims = claims();
        claims["aud"] = json!("https://cds.example/cds-services/unknown");
        if token {
            request = request.header("authorization", format!("Bearer {}", key.token(&claims)));
        }
        assert_eq!(send(router(&app), request.body(Body::empty()).unwrap()).await.status, expected);
    }
}

#[tokio::test]
async fn a_token_is_good_for_one_call_or_one_hook_instance() {
    let key = Signer::p384("k");
    for (replay, expected) in
        [("strict", [200, 401, 401]), ("per-hook-instance", [200, 200, 401]), ("off", [200, 200, 200])]
    {
        let app = app(config(&site(&client(&[&key], &format!("replay = \"{replay}\""))), false));
        let token = key.token(&claims());
        let mut found = Vec::new();
        for instance in ["1", "2", "1"] {
            let mut body = body();
            body["hookInstance"] = json!(instance);
            found.push(send(router(&app), post(Some(&token), &body)).await.status);
        }
        assert_eq!(found, expected, "{replay}");
    }
}

#[tokio::test]
async fn prefetch_is_read_under_the_names_that_a_client_gives_it() {
    let key = Signer::p384("k");
    let plain = router(&app(config(&site(&client(&[&key], "")), false)));
    let expected = call(&plain, &key.token(&claims())).await;
    let mut renamed = body();
    let prefetch = renamed["prefetch"].as_object_mut().unwrap();
    let conditions = prefetch.remove("conditions").unwrap();
    prefetch.insert("Problem List".to_owned(), conditions);
    let ldl = prefetch.remove("ldl").unwrap();
    prefetch.insert("LDL".to_owned(), ldl);
    assert_eq!(send(plain, post(Some(&key.token(&claims())), &renamed)).await.status, 412);

    let settings = "dialect = \"epic\"\nprefetch_aliases = { \"Problem List\" = \"conditions\" }";
    let epic = router(&app(config(&site(&client(&[&key], settings)), false)));
    let answer = send(epic, post(Some(&key.token(&claims())), &renamed)).await;
    assert_eq!(answer.status, 200);
    let summaries = |answer: &Answer| -> Vec<Value> {
        answer.body["cards"].as_array().unwrap().iter().map(|card| card["summary"].clone()).collect()
    };
    assert_eq!(summaries(&answer), summaries(&expected));
}

#[test]
fn names_in_the_settings_that_the_knowledge_does_not_have_are_told_at_the_start() {
    let key = Signer::p384("k");
    let settings = "services = [\"leg-pain\"]\nprefetch_aliases = { a = \"condition\" }";
    let config = config(&site(&client(&[&key], settings)), false);
    let knowledge = Knowledge::load(&PackageSource::embedded()).unwrap();
    let error = App::new(config, Clock::Fixed(NOW), knowledge).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`[[clients]]` name what is not there: prefetch key `condition` of the client `ehr`, service `leg-pain` of \
         the client `ehr`"
    );
}

/// As the public CDS Hooks sandbox signs: ES384, five minutes, its own name as issuer, a UUID for key and nonce.
#[tokio::test]
async fn the_public_sandbox_is_let_in_when_it_is_a_client() {
    let key = Signer::p384("d9cd3c4f-eb08-4304-b973-44f352fd2ca2");
    let sandbox = "https://sandbox.cds-hooks.org";
    let set = json!({ "keys": [key.jwk()] });
    let settings = format!("dialect = \"sandbox\"\nkey_set = '{set}'");
    let text = site(&named_client("public-sandbox", sandbox, &settings));
    let mut claims = claims();
    claims["iss"] = json!(sandbox);
    let mut header = key.header();
    header["jku"] = json!(format!("{sandbox}/.well-known/jwks.json"));
    let router = router(&app(config(&text, true)));
    assert_eq!(call(&router, &key.sign(&header, &claims)).await.status, 200);
    claims["jti"] = json!(unique());
    let other = named_client("ehr", ISSUER, &format!("key_set = '{set}'"));
    let without = self::router(&app(config(&site(&other), false)));
    assert_eq!(call(&without, &key.sign(&header, &claims)).await.status, 401);
}

/// A client that takes one action for each suggestion, and any number of suggestions, gets what stays true so.
#[tokio::test]
async fn no_suggestion_is_shown_in_part_and_no_alternatives_together() {
    let key = Signer::p384("k");
    let path = "fixtures/hooks/leg-pain-order-sign/contrast-mra-egfr-29/request.json";
    let body: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let suggestions = async |settings: &str| {
        let router = router(&app(config(&site(&client(&[&key], settings)), false)));
        let mut claims = claims();
        claims["aud"] = json!("https://cds.example/cds-services/leg-pain-order-sign");
        let request = Request::post("/cds-services/leg-pain-order-sign")
            .header("authorization", format!("Bearer {}", key.token(&claims)))
            .body(Body::from(body.to_string()))
            .unwrap();
        let card = send(router, request).await.body["cards"][0].take();
        let of = |suggestion: &Value| suggestion["actions"].as_array().unwrap().len();
        let actions: Vec<usize> = card["suggestions"].as_array().unwrap().iter().map(of).collect();
        (actions, card["selectionBehavior"].clone())
    };
    assert_eq!(suggestions("").await, (vec![2, 1], json!("at-most-one")));
    assert_eq!(suggestions("dialect = \"epic\"").await, (vec![1], json!("any")));
}

#[test]
fn a_client_reaches_its_own_fhir_servers_only() {
    use gaitkeeper::fhir::FetchPolicy;
    let (one, two) = (Signer::p384("1"), Signer::p384("2"));
    let set = json!({ "keys": [two.jwk()] });
    let settings = format!("key_set = '{set}'\nfhir_private_bases = [\"https://two.example/r4\"]");
    let clients = client(&[&one], "fhir_bases = [\"https://one.example/r4\"]\nfhir_deadline = \"1 s\"")
        + &named_client("two", "https://two.example", &settings);
    let config = config(&site(&clients), false);
    let of = |place: usize| {
        let policy = FetchPolicy::of_client(&config.fhir, config.sandboxed(), &config.clients[place]);
        let bases = policy.allowed_bases.iter().map(|base| (base.url.to_string(), base.allow_private));
        (bases.collect::<Vec<_>>(), policy.deadline.as_secs(), policy.sandbox)
    };
    assert_eq!(of(0), (vec![("https://one.example/r4".to_owned(), false)], 1, false));
    assert_eq!(of(1), (vec![("https://two.example/r4".to_owned(), true)], 3, false));
    assert!(FetchPolicy::of(&config.fhir, false).allowed_bases.is_empty());
}

/// Whoever adds a route below this path: it asks for a token, too.
#[tokio::test]
async fn every_call_below_cds_services_asks_for_a_token() {
    let key = Signer::p384("k");
    let router = router(&app(config(&site(&client(&[&key], "")), false)));
    for method in ["POST", "PUT", "PATCH", "DELETE"] {
        for path in
            ["", "/", "/leg-pain-patient-view", "/unknown", "/leg-pain-patient-view/feedback", "/a/b/c"]
        {
            let request = Request::builder().method(method).uri(format!("/cds-services{path}"));
            let request = request.header("content-type", "application/json");
            let answer = send(router.clone(), request.body(Body::from("{}")).unwrap()).await;
            assert!([401, 404, 405].contains(&answer.status), "{method} {path}: {}", answer.status);
        }
    }
    let request = post(None, &json!({}));
    assert_eq!(send(router, request).await.status, 401);
}

/// Clients name in the token the URL that they call, and join it as carelessly.
#[tokio::test]
async fn a_token_for_the_url_as_it_was_joined_is_good() {
    let key = Signer::p384("k");
    for base in ["https://cds.example/", "https://cds.example", "https://cds.example//gait/"] {
        let text = site(&client(&[&key], "")).replace("https://cds.example/", base);
        let router = router(&app(config(&text, false)));
        let base = base.trim_end_matches('/');
        for (path, named, expected) in [
            ("/cds-services/leg-pain-patient-view", "//cds-services/leg-pain-patient-view", 200),
            ("//cds-services/leg-pain-patient-view", "//cds-services/leg-pain-patient-view", 200),
            ("/cds-services/leg-pain-patient-view/", "/cds-services//leg-pain-patient-view/", 200),
            ("//cds-services//leg-pain-patient-view//", "/cds-services/leg-pain-patient-view", 200),
            ("//cds-services//leg-pain-patient-view//", "/cds-services/leg-pain-order-sign", 401),
            ("/cds-services/leg-pain-patient-view", "//cds-services", 401),
        ] {
            let mut claims = claims();
            claims["aud"] = json!(format!("{base}{named}"));
            let request = Request::post(path)
                .header("authorization", format!("Bearer {}", key.token(&claims)))
                .body(Body::from(body().to_string()))
                .unwrap();
            assert_eq!(send(router.clone(), request).await.status, expected, "{base} {path} {named}");
        }
    }
}

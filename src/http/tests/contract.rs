use super::*;

#[tokio::test]
async fn discovery_answers_get_and_head() {
    let get = ask("GET", "/cds-services").await;
    assert_eq!(get.status, 200);
    assert_eq!(get.body, "{\"services\":[]}");
    assert_eq!(get.header("content-type"), Some("application/json"));
    let head = ask("HEAD", "/cds-services").await;
    assert_eq!((head.status, head.body.len()), (StatusCode::OK, 0));
    assert_eq!(head.header("content-length"), Some("15"));
    assert_eq!(head.header("content-type"), Some("application/json"));
}

#[tokio::test]
async fn a_call_is_answered_and_never_stored() {
    let answer = post("/cds-services/ok").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body, CARDS);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    assert_eq!(answer.header("access-control-allow-credentials"), None);
    assert_eq!(answer.header("server"), None);
}

#[tokio::test]
async fn extra_slashes_and_escapes_do_not_matter() {
    for path in ["/cds-services/", "//cds-services", "/cds-services//?x=//"] {
        assert_eq!(ask("GET", path).await.status, 200, "{path}");
    }
    for path in
        ["/cds-services//ok", "//cds-services/ok/", "/cds-services/%6Fk", "/cds-services/pad%20assess?a=b"]
    {
        assert_eq!(post(path).await.body, CARDS, "{path}");
    }
}

#[tokio::test]
async fn json_is_accepted_as_clients_label_it() {
    for label in [
        None,
        Some("application/json"),
        Some("Application/JSON; charset=UTF-8"),
        Some("application/json;charset=\"utf-8\""),
        Some("application/fhir+json; fhirVersion=4.0"),
    ] {
        let mut request = request("POST", "/cds-services/ok").header("content-encoding", "identity");
        if let Some(label) = label {
            request = request.header("content-type", label);
        }
        assert_eq!(send(fake(), request.body(Body::from("{}")).unwrap()).await.status, 200, "{label:?}");
    }
}

#[tokio::test]
async fn a_body_of_exactly_the_limit_is_read() {
    let announced = request("POST", "/cds-services/length").header("content-length", BODY_LIMIT);
    let answer = send(fake(), announced.body(Body::from(vec![b' '; BODY_LIMIT])).unwrap()).await;
    assert_eq!(answer.body, BODY_LIMIT.to_string());
}

#[tokio::test]
async fn the_platform_sees_life_and_readiness() {
    let (stop, stopping) = tokio::sync::watch::channel(false);
    let platform = platform::router(platform::Readiness { stopping, checks: Vec::new(), detail: None });
    let get = async |path| send(platform.clone(), request("GET", path).body(Body::empty()).unwrap()).await;
    assert_eq!(get("/livez").await.json()["status"], "ok");
    assert_eq!(get("/readyz").await.json()["status"], "ready");
    assert_eq!(get("/cds-services").await.status, 404);
    stop.send_replace(true);
    assert_eq!(get("/livez").await.status, 200);
    let stopping = get("/readyz").await;
    assert_eq!(
        (stopping.status, stopping.json()["reasons"][0].as_str()),
        (StatusCode::SERVICE_UNAVAILABLE, Some("stopping"))
    );
}

//! Stories of FHIR servers: those that answer, and all the others.

mod answers;
mod calls;
mod enough;
mod medications;
mod paging;
mod reach;

use std::sync::LazyLock;
use std::time::Duration;

use bytes::Bytes;
use gaitkeeper::chart::{Coverage, Lack};
use gaitkeeper::fhir::{
    self, Acquired, Drafts, FetchPolicy, Fetcher, Gathered, Gives, Need, ReadPlan, Subject, Token, Wanted,
};
use gaitkeeper::knowledge::{Knowledge, PackageSource};
use gaitkeeper::wire::Text;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use time::macros::datetime;
use wiremock::matchers::{any, method};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

/// Stands for what must be sent to one server and be seen nowhere else.
const TOKEN: &str = "geheim-4711";

/// Loaded once, so that no test of a deadline waits for it.
static KNOWLEDGE: LazyLock<Knowledge> =
    LazyLock::new(|| Knowledge::load(&PackageSource::embedded()).unwrap());

const NOTHING: Coverage = Coverage::Unavailable(Lack::FetchFailed);

/// The sandbox, where a server of the loopback may be asked, and little patience.
fn policy() -> FetchPolicy {
    FetchPolicy {
        allowed_bases: Vec::new(),
        sandbox: true,
        deadline: Duration::from_millis(600),
        most_pages: 5,
        most_entries: 100,
        most_bytes: 64 * 1024,
    }
}

fn fetcher() -> Fetcher {
    Fetcher::new(Duration::from_millis(300)).unwrap()
}

fn need(key: &str) -> Need {
    let template = "Condition?patient={{context.patientId}}".to_owned();
    Need { key: key.to_owned(), template, gives: Gives::Conditions, required: false }
}

async fn fhir_server(answer: impl Respond + 'static) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("GET")).respond_with(answer).mount(&server).await;
    server
}

fn base(server: &MockServer) -> String {
    format!("{}/r4", server.uri())
}

/// A page with a Condition for each id, and a link to the next one.
fn page(ids: &[String], next: Option<&str>) -> Value {
    let entry: Vec<Value> =
        ids.iter().map(|id| json!({ "resource": { "resourceType": "Condition", "id": id } })).collect();
    let mut link = vec![json!({ "relation": "self", "url": "Condition" })];
    link.extend(next.map(|next| json!({ "relation": "next", "url": next })));
    json!({ "resourceType": "Bundle", "type": "searchset", "link": link, "entry": entry })
}

fn ok(body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw(body.to_string(), "application/fhir+json;charset=UTF-8")
}

/// What one search for Conditions comes to: how much of it there is, and how many resources.
async fn search(policy: &FetchPolicy, base: &str) -> (Coverage, usize) {
    let needs = [need("conditions")];
    let acquired = fhir::from_prefetch(&needs, Vec::new(), &fhir::KeyNames::default());
    let fetched = ask(policy, base, &needs, &acquired).await;
    let acquired = acquired.with(&needs, &fetched);
    (acquired.supplies[0].coverage, acquired.supplies[0].resources.len())
}

async fn ask(policy: &FetchPolicy, base: &str, needs: &[Need], acquired: &Acquired<'_>) -> Gathered {
    ask_as(Token::new(TOKEN), policy, base, needs, acquired).await
}

async fn ask_as(
    token: Token<'_>,
    policy: &FetchPolicy,
    base: &str,
    needs: &[Need],
    acquired: &Acquired<'_>,
) -> Gathered {
    let (plan, drafts, subject) = (ReadPlan::default(), Drafts::none(), subject());
    let wanted = Wanted { needs, acquired, drafts: &drafts, plan: &plan, subject: &subject };
    fetcher().fetch(policy, base, token, &wanted).await
}

fn subject() -> Subject<'static> {
    let now = datetime!(2026-03-01 09:00 UTC);
    Subject { patient_id: "p-1", today: now.date(), now, fhir_server: None }
}

/// What a prefetched page comes to when the pages after it are fetched.
async fn continued(base: &str, sent: &Value) -> (Coverage, usize) {
    let needs = [need("conditions")];
    let sent = sent.to_string();
    let raw: &RawValue = serde_json::from_str(&sent).unwrap();
    let acquired = fhir::from_prefetch(
        &needs,
        vec![(Text("conditions".into()), fhir::Answer::split(raw))],
        &fhir::KeyNames::default(),
    );
    let fetched = ask(&policy(), base, &needs, &acquired).await;
    let acquired = acquired.with(&needs, &fetched);
    (acquired.supplies[0].coverage, acquired.supplies[0].resources.len())
}

async fn requests(server: &MockServer) -> Vec<Request> {
    server.received_requests().await.unwrap()
}

/// What was asked for, as the server saw it.
async fn targets(server: &MockServer) -> Vec<String> {
    let target = |request: &Request| request.url[url::Position::BeforePath..].to_owned();
    requests(server).await.iter().map(target).collect()
}

/// The number of a page in a query such as `?page=3`; 1 where there is none.
fn number(request: &Request) -> usize {
    let page = request.url.query_pairs().find(|(name, _)| name == "page");
    page.map_or(1, |(_, number)| number.parse().unwrap())
}

/// A server that says what is not HTTP, or not all of it: every connection gets these bytes and, after `pause`, its
/// end.
async fn raw_server(answer: Bytes, pause: Duration) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/r4", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            let answer = answer.clone();
            tokio::spawn(async move {
                let _ = connection.read(&mut [0; 4096]).await;
                let _ = connection.write_all(&answer).await;
                tokio::time::sleep(pause).await;
            });
        }
    });
    base
}

async fn any_server() -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(ok(&page(&["stolen".to_owned()], None))).mount(&server).await;
    server
}

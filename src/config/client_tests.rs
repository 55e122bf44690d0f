use super::tests::{load, problems};
use super::*;

const SET: &str = r#"{"keys":[{"kty":"EC","crv":"P-256","x":"x","y":"y","kid":"1"}]}"#;

fn client(settings: &str) -> String {
    let known = |name: &str| settings.lines().any(|line| line.starts_with(&format!("{name} ")));
    let mut text = String::from("[[clients]]\n");
    for (name, value) in [("name", "\"ehr\""), ("issuer", "\"https://ehr.example\"")] {
        if !known(name) {
            text.push_str(&format!("{name} = {value}\n"));
        }
    }
    if !settings.contains("key_set") {
        text.push_str(&format!("key_set = '{SET}'\n"));
    }
    text + settings
}

#[test]
fn a_client_needs_a_name_an_issuer_and_keys() {
    let config = load(&client(""), &[], &Overrides::default()).unwrap();
    let [only] = config.clients.as_slice() else { panic!("{:?}", config.clients) };
    assert_eq!((only.name.as_str(), only.issuer.as_str()), ("ehr", "https://ehr.example"));
    assert_eq!(only.keys, KeySource::Inline(SET.to_owned()));
    assert_eq!(only.algorithms, Algorithm::ALL);
    assert_eq!((only.dialect, only.replay), (Dialect::Standard, Replay::Strict));
    assert!(only.tenants.is_empty() && only.services.is_empty() && only.fhir_bases.is_empty());

    assert_eq!(
        problems("\n[[clients]]\n", &[]),
        [
            "site.toml:2: `clients[0].name` expects a name of letters, digits, `-` and `_`",
            "site.toml:2: `clients[0].issuer` is missing: `iss` of the tokens",
            "site.toml:2: `clients[0].key_set` is one of three ways, and exactly one is needed: `key_set`, \
             `key_set_file`, `key_set_urls`",
        ]
    );
}

#[test]
fn every_setting_of_a_client_is_read() {
    let text = client(
        r#"dialect = "epic"
key_set_urls = ["https://ehr.example/keys", "https://ehr.example/next"]
private_key_sets = true
algorithms = ["RS384"]
audiences = ["urn:us"]
tenants = ["a"]
services = ["leg-pain-patient-view"]
replay = "off"
fhir_bases = ["https://ehr.example/r4"]
fhir_private_bases = ["https://intern.example/r4"]
fhir_deadline = "2 s"
prefetch_aliases = { problems = "conditions" }
concurrent_calls = 2
calls_per_second = 3
"#,
    );
    let config = load(&text, &[], &Overrides::default()).unwrap();
    let read = &config.clients[0];
    let KeySource::Urls { urls, private: true } = &read.keys else { panic!("{:?}", read.keys) };
    assert_eq!(urls.len(), 2);
    assert_eq!((read.dialect, read.replay), (Dialect::Epic, Replay::Off));
    assert_eq!(read.algorithms, [Algorithm::Rs384]);
    assert_eq!(
        (read.audiences.as_slice(), read.tenants.as_slice()),
        (&["urn:us".into()][..], &["a".into()][..])
    );
    assert_eq!(read.services, ["leg-pain-patient-view"]);
    assert_eq!((read.fhir_bases.len(), read.fhir_private_bases.len()), (1, 1));
    assert_eq!(read.fhir_deadline, Some(std::time::Duration::from_secs(2)));
    assert_eq!(read.prefetch_aliases["problems"], "conditions");
    assert_eq!((read.concurrent_calls, read.calls_per_second), (2, 3));
}

#[test]
fn each_mistake_of_a_client_says_what_is_expected() {
    for (setting, expected) in [
        ("name = \"Universitätsklinikum\"", "`clients[0].name` expects a name of letters"),
        (
            "dialect = \"meditech\"",
            "`clients[0].dialect` expects `standard`, `epic`, `oracle` or `sandbox`, not `meditech`",
        ),
        ("dialect = \"oracle\"", "`clients[0].tenants` must not be empty for the dialect oracle"),
        ("dialect = \"sandbox\"", "`clients[0].dialect` is sandbox, which needs `sandbox.enabled`"),
        ("key_set = \"{\"", "`clients[0].key_set` is not a JWK Set: not JSON (line 1, column 1)"),
        ("key_set = \"{}\"", "`clients[0].key_set` is not a JWK Set: `keys` is not a list with keys"),
        (
            "key_set = '{\"keys\":[]}'",
            "`clients[0].key_set` is not a JWK Set: `keys` is not a list with keys",
        ),
        (
            "key_set = '{\"keys\":[{\"d\":\"hunter2\"}]}'",
            "`clients[0].key_set` holds a private or a shared key",
        ),
        (
            "key_set = '{\"keys\":[{\"k\":\"hunter2\"}]}'",
            "`clients[0].key_set` holds a private or a shared key",
        ),
        ("key_set_file = \"no-such-file.json\"", "`clients[0].key_set_file` cannot be read: "),
        (
            "key_set_urls = [\"http://ehr.example/keys\"]",
            "`clients[0].key_set_urls` expects `https` URLs, not",
        ),
        ("key_set_urls = [\"ehr.example\"]", "`clients[0].key_set_urls` expects URLs such as"),
        ("key_set_urls = [\"https://u:p@ehr.example\"]", "`clients[0].key_set_urls` holds a URL with a user"),
        (
            "algorithms = [\"HS256\"]",
            "`clients[0].algorithms` expects some of `ES384`, `RS384`, `ES256` and `RS256`, not `HS256`",
        ),
        ("algorithms = [\"none\"]", "`clients[0].algorithms` expects some of"),
        ("algorithms = []", "`clients[0].algorithms` expects at least one algorithm"),
        (
            "replay = \"twice\"",
            "`clients[0].replay` expects `strict`, `per-hook-instance` or `off`, not `twice`",
        ),
        ("fhir_bases = [\"http://ehr.example\"]", "`clients[0].fhir_bases` expects `https` URLs, not"),
        (
            "fhir_deadline = \"10 s\"",
            "`clients[0].fhir_deadline` must be shorter than `limits.request_deadline`",
        ),
        ("prefetch_aliases = { problems = 1 }", "`clients[0].prefetch_aliases` expects a table of texts"),
        ("prefetch_aliases = [\"problems\"]", "`clients[0].prefetch_aliases` expects a table of texts"),
        ("concurrent_calls = 0", "`clients[0].concurrent_calls` must be more than zero"),
        ("isuer = \"x\"", "`clients[0].isuer` is not a setting"),
        (
            "issuer = \"https://gaitkeeper.invalid/test-client\"",
            "`clients[0].issuer` is that of `gaitkeeper token`",
        ),
    ] {
        let text = client(setting);
        let found = problems(&text, &[]);
        let line = text.lines().position(|line| line == setting).unwrap() + 1;
        let line = if expected.contains("tenants") { 1 } else { line };
        assert_eq!(found.len(), 1, "{setting}: {found:?}");
        assert!(found[0].starts_with(&format!("site.toml:{line}: {expected}")), "{setting}: {found:?}");
        assert!(!found[0].contains("hunter2"), "{found:?}");
    }
}

#[test]
fn mistakes_of_several_clients_come_at_once() {
    let text = client("dialect = \"x\"\nreplay = \"y\"\n") + &client("name = \"b\"\nissuer = 5\n");
    let found =
        problems(&text, &[("GAITKEEPER__CLIENTS[0]__NAME", "x"), ("GAITKEEPER__AUTH__DISCOVERY", "x")]);
    let expected = [
        "GAITKEEPER__CLIENTS[0]__NAME: `clients` are read from a file only",
        "GAITKEEPER__AUTH__DISCOVERY: `auth.discovery` expects `all` or `clients`, not `x`",
        "site.toml:5: `clients[0].dialect` ",
        "site.toml:6: `clients[0].replay` ",
        "site.toml:10: `clients[1].issuer` expects a text, not a number",
    ];
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.starts_with(expected), "{found}");
    }
}

#[test]
fn clients_are_told_apart() {
    let same = "`clients[1].issuer` is that of another client; each of them needs `tenants` of its own";
    for (first, second, expected) in [
        ("", "name = \"b\"\nissuer = \"https://b.example\"\n", None),
        ("tenants = [\"a\"]\n", "name = \"b\"\ntenants = [\"b\"]\n", None),
        ("", "issuer = \"https://b.example\"\n", Some("`clients[1].name` is also the name of `clients[0]`")),
        ("", "name = \"b\"\n", Some(same)),
        ("tenants = [\"a\"]\n", "name = \"b\"\n", Some(same)),
        ("", "name = \"b\"\ntenants = [\"b\"]\n", Some(same)),
        ("tenants = [\"a\", \"c\"]\n", "name = \"b\"\ntenants = [\"b\", \"c\"]\n", Some(same)),
    ] {
        let loaded = load(&(client(first) + &client(second)), &[], &Overrides::default());
        match expected {
            None => assert!(loaded.is_ok(), "{first} {second}: {loaded:?}"),
            Some(expected) => {
                let found = loaded.unwrap_err();
                assert_eq!(found.len(), 1, "{found:?}");
                assert!(found[0].ends_with(expected), "{found:?}");
            }
        }
    }
}

#[test]
fn lists_of_fhir_servers_belong_to_each_client() {
    let found = problems(&format!("fhir.bases = [\"https://ehr.example\"]\n{}", client("")), &[]);
    assert_eq!(
        found,
        ["site.toml:1: `fhir.bases` is not used where there are `[[clients]]`; each has lists of its own"]
    );
}

#[test]
fn tools_for_trying_things_are_for_the_sandbox_only() {
    let text = client(&format!("dialect = \"sandbox\"\nissuer = \"{TEST_ISSUER}\"\n"));
    let sandbox = Overrides { sandbox: true, ..Overrides::default() };
    assert_eq!(load(&text, &[], &sandbox).unwrap().clients[0].replay, Replay::PerHookInstance);
    assert_eq!(problems(&text, &[]).len(), 1);
    let public = Overrides { listen: Some("0.0.0.0:443".to_owned()), ..sandbox };
    let found = load(&text, &[], &public).unwrap_err();
    assert!(
        found.iter().any(|found| found.contains("the sandbox is served on the loopback only")),
        "{found:?}"
    );
}

#[test]
fn every_setting_of_a_client_has_a_comment_above_it() {
    let mut previous = "";
    for line in CLIENT_DEFAULTS.lines() {
        assert!(!line.contains(" = ") || line.starts_with('#') || previous.starts_with('#'), "{line}");
        previous = line;
    }
}

#[test]
fn charts_cross_no_network_without_tls() {
    let listen = "server.listen = \"0.0.0.0:443\"\n";
    let file = std::env::temp_dir().join("any.pem");
    let tls = format!("tls.certificate = {0:?}\ntls.private_key = {0:?}\n", file.display().to_string());
    for (settings, expected) in [
        (
            String::new(),
            vec!["site.toml:1: `server.listen` is 0.0.0.0:443, where calls would come without TLS"],
        ),
        (tls, vec![]),
        ("server.trusted_proxies = [\"10.1.2.0/24\", \"::1/128\"]\n".to_owned(), vec![]),
        (
            "server.trusted_proxies = [\"10.1.2.0/33\"]\n".to_owned(),
            vec![
                "site.toml:2: `server.trusted_proxies` expects networks such as `10.1.2.0/24`, not `10.1.2.0/33`",
            ],
        ),
        (
            "tls.certificate = \"a.pem\"\n".to_owned(),
            vec!["site.toml:2: `tls.certificate` needs `tls.private_key`"],
        ),
        (
            "tls.private_key = \"a.pem\"\n".to_owned(),
            vec!["site.toml:2: `tls.private_key` needs `tls.certificate`"],
        ),
    ] {
        let loaded = load(&format!("{listen}{settings}{}", client("")), &[], &Overrides::default());
        let found = loaded.map_or_else(|found| found, |_| Vec::new());
        assert_eq!(found.len(), expected.len(), "{settings}: {found:?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.starts_with(expected), "{found}");
        }
    }
    // With an address of the loopback nothing leaves the machine.
    assert!(load(&client(""), &[], &Overrides::default()).is_ok());
}

#[test]
fn a_sandbox_is_public_only_when_it_is_forced_by_name() {
    let listen = "server.listen = \"0.0.0.0:443\"\nserver.trusted_proxies = [\"10.0.0.1/32\"]\nsandbox.enabled = true\n";
    assert_eq!(problems(listen, &[]).len(), 2);
    let forced = load(&format!("{listen}sandbox.allow_public = true\n"), &[], &Overrides::default()).unwrap();
    assert!(!forced.sandboxed(), "its FHIR servers must be listed");
    assert_eq!(
        problems("sandbox.allow_public = true\n", &[]),
        ["site.toml:1: `sandbox.allow_public` is true and `sandbox.enabled` is not"]
    );
}

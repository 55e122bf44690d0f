use super::*;

use std::time::Duration;

fn load(file: &str, environment: &[(&str, &str)], overrides: &Overrides) -> Result<Config, Vec<String>> {
    let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Config::from_layers(Some((Path::new("site.toml"), file)), environment, overrides).map_err(|error| {
        match error {
            ConfigError::Invalid(problems) => problems.iter().map(ToString::to_string).collect(),
            other @ ConfigError::Unreadable { .. } => panic!("{other}"),
        }
    })
}

fn problems(file: &str, environment: &[(&str, &str)]) -> Vec<String> {
    load(file, environment, &Overrides::default()).expect_err("problems")
}

#[test]
fn the_defaults_stand_alone() {
    let config = Config::load(None, [], &Overrides::default()).unwrap();
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.server.platform_listen.unwrap().to_string(), "127.0.0.1:8081");
    assert_eq!(config.server.public_url, "http://127.0.0.1:8080");
    assert_eq!(config.limits.body, 16 << 20);
    assert_eq!(config.limits.request_deadline, Duration::from_secs(10));
    assert_eq!(config.cors, Cors::Any);
    assert_eq!(config.knowledge.dir, None);
    assert!(!config.sandbox.enabled);
    assert_eq!(config.log.level, Level::Info);
}

#[test]
fn fhir_servers_are_listed_and_plain_http_is_left_to_the_sandbox() {
    let config = load("", &[], &Overrides::default()).unwrap();
    assert!(config.fhir.bases.is_empty() && config.fhir.private_bases.is_empty());
    assert_eq!(config.fhir.deadline, Duration::from_secs(3));
    assert_eq!(
        (config.fhir.most_pages, config.fhir.most_entries, config.fhir.most_bytes),
        (10, 2000, 8 << 20)
    );

    let environment = [
        ("GAITKEEPER__FHIR__BASES", "https://a.example/r4, https://b.example:8443/r4/"),
        ("GAITKEEPER__FHIR__MOST_PAGES", "3"),
    ];
    let config = load("[fhir]\nmost_entries = 50\n", &environment, &Overrides::default()).unwrap();
    let bases: Vec<&str> = config.fhir.bases.iter().map(::url::Url::as_str).collect();
    assert_eq!(bases, ["https://a.example/r4", "https://b.example:8443/r4/"]);
    assert_eq!((config.fhir.most_pages, config.fhir.most_entries), (3, 50));

    let sandbox = Overrides { sandbox: true, ..Overrides::default() };
    assert!(load("[fhir]\nprivate_bases = [\"http://hapi:8080/fhir\"]\n", &[], &sandbox).is_ok());
}

#[test]
fn every_default_has_a_comment_above_it() {
    let mut previous = "";
    for line in DEFAULTS.lines() {
        assert!(!line.contains(" = ") || previous.starts_with('#') || line.starts_with('#'), "{line}");
        previous = line;
    }
}

#[test]
fn each_layer_wins_over_the_one_below() {
    let file = "[server]\nlisten = \"127.0.0.1:1\"\n[limits]\nbody = \"1 MiB\"\n";
    let listen = |environment, listen: Option<&str>| {
        let overrides = Overrides { listen: listen.map(str::to_owned), ..Overrides::default() };
        load(file, environment, &overrides).unwrap().server.listen.port()
    };
    assert_eq!(listen(&[], None), 1);
    assert_eq!(listen(&[("GAITKEEPER__SERVER__LISTEN", "localhost:2")], None), 2);
    assert_eq!(listen(&[("GAITKEEPER__SERVER__LISTEN", "127.0.0.1:2")], Some("[::1]:3")), 3);

    let overrides = Overrides { knowledge: Some("rules".into()), sandbox: true, ..Overrides::default() };
    let config = load(file, &[("GAITKEEPER__KNOWLEDGE__DIR", "other")], &overrides).unwrap();
    assert_eq!(config.limits.body, 1 << 20);
    assert_eq!(config.knowledge.dir, Some("rules".into()));
    assert!(config.sandbox.enabled);
}

#[test]
fn the_environment_writes_lists_and_booleans_as_text() {
    let environment = [
        ("GAITKEEPER__CORS__ORIGINS", "https://a.example, http://localhost:3000"),
        ("GAITKEEPER__SANDBOX__ENABLED", "true"),
        ("GAITKEEPER__SERVER__PLATFORM_LISTEN", ""),
        ("GAITKEEPER__SERVER__PUBLIC_URL", "https://cds.example.org/gait/"),
        // Kubernetes sets such variables for a Service of this name; they are not settings.
        ("GAITKEEPER_PORT", "tcp://10.0.0.1:80"),
        ("PATH", "/bin"),
    ];
    let config = load("", &environment, &Overrides::default()).unwrap();
    let origins = ["https://a.example", "http://localhost:3000"].map(str::to_owned);
    assert_eq!(config.cors, Cors::Origins(origins.to_vec()));
    assert!(config.sandbox.enabled);
    assert_eq!(config.server.platform_listen, None);
    assert_eq!(config.server.public_url, "https://cds.example.org/gait");
}

#[test]
fn unknown_settings_are_named_with_their_place() {
    assert_eq!(
        problems("[server]\nlissten = \"x\"\n\n[limit]\nbody = 3\n", &[("GAITKEEPER__LOG__COLOUR", "red")]),
        [
            "site.toml:5: `limit.body` is not a setting",
            "site.toml:2: `server.lissten` is not a setting",
            "GAITKEEPER__LOG__COLOUR: `log.colour` is not a setting",
        ]
    );
}

#[test]
fn each_value_that_cannot_be_read_says_what_is_expected() {
    for (file, expected) in [
        ("limits.request_deadline = \"soon\"", "expects a duration such as `250 ms` or `10 s`, not `soon`"),
        ("limits.request_deadline = 3", "expects a text, not a number"),
        ("limits.request_deadline = \"0 s\"", "must be more than zero"),
        ("limits.header_timeout = \"0 ms\"", "must be more than zero"),
        ("limits.body = \"0 B\"", "must be more than zero"),
        ("limits.body = \"16 MB\"", "expects a size such as `512 KiB` or `16 MiB`, not `16 MB`"),
        ("server.listen = \"here\"", "expects an address such as `127.0.0.1:8080`, not `here`"),
        ("server.platform_listen = \"127.0.0.1:8080\"", "is the same address as `server.listen`"),
        ("server.public_url = \"cds.example\"", "expects a base URL such as `https://cds.example.org`, not"),
        ("server.public_url = \"https://u@h\"", "expects a base URL"),
        ("cors.origins = \"*\"", "expects a list of texts"),
        ("cors.origins = [1]", "expects a list of texts"),
        ("cors.origins = [\"*\", \"https://a.example\"]", "has other origins beside `*`"),
        ("cors.origins = [\"https://a.example/\"]", "expects origins such as"),
        ("cors.origins = [\"a.example\"]", "expects origins such as"),
        ("fhir.bases = \"https://ehr.example\"", "expects a list of texts"),
        ("fhir.bases = [\"ehr.example\"]", "expects base URLs such as"),
        ("fhir.bases = [\"http://ehr.example/r4\"]", "expects `https` URLs, not"),
        ("fhir.private_bases = [\"http://10.0.0.7/r4\"]", "expects `https` URLs, not"),
        ("fhir.bases = [\"https://ehr.example/r4?tenant=1\"]", "expects base URLs without a query, not"),
        ("fhir.bases = [\"https://u:p@ehr.example/r4\"]", "holds a URL with a user or a password"),
        ("fhir.deadline = \"0 s\"", "must be more than zero"),
        ("fhir.deadline = \"10 s\"", "must be shorter than `limits.request_deadline`"),
        ("fhir.most_pages = 0", "must be more than zero"),
        ("fhir.most_entries = \"many\"", "expects a whole number, not `many`"),
        ("sandbox.enabled = \"yes\"", "expects `true` or `false`"),
        ("log.level = \"loud\"", "expects `error`, `warn`, `info`, `debug` or `trace`, not `loud`"),
        ("log.format = \"xml\"", "expects `auto`, `json` or `text`, not `xml`"),
    ] {
        let problems = problems(file, &[]);
        let key = file.split(' ').next().unwrap();
        assert_eq!(problems.len(), 1, "{file}: {problems:?}");
        assert!(problems[0].starts_with(&format!("site.toml:1: `{key}` {expected}")), "{file}: {problems:?}");
    }
}

#[test]
fn several_problems_come_at_once() {
    let found = problems(
        "surprise = 1\n[limits]\nbody = \"much\"\nrequest_deadline = \"never\"\n[log]\nlevel = \"loud\"\n",
        &[("GAITKEEPER__SANDBOX__ENABLED", "maybe"), ("GAITKEEPER__SERVER__LISTEN", "everywhere")],
    );
    assert_eq!(found.len(), 6, "{found:#?}");
    let error =
        Config::load(None, [("GAITKEEPER__LOG__LEVEL".to_owned(), String::new())], &Overrides::default())
            .unwrap_err()
            .to_string();
    assert!(
        error.starts_with("cannot use the configuration:\n  GAITKEEPER__LOG__LEVEL: `log.level` "),
        "{error}"
    );
}

#[test]
fn a_file_that_is_not_toml_is_placed_and_not_quoted() {
    let found = problems("[server]\nsecret = hunter2\n", &[]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("site.toml:2: not TOML: "), "{found:?}");
    assert!(!found[0].contains("hunter2"), "{found:?}");

    let error = Config::load(Some(Path::new("no-such-file.toml")), [], &Overrides::default()).unwrap_err();
    assert_eq!(error.to_string(), "cannot read the configuration file `no-such-file.toml`");
    assert!(std::error::Error::source(&error).is_some());
}

#[test]
fn only_the_loopback_is_served_without_client_authentication() {
    for listen in ["127.0.0.1:8080", "127.9.9.9:1", "[::1]:8080", "localhost:8080", "127.0.0.1:0"] {
        let overrides = Overrides { listen: Some(listen.to_owned()), sandbox: true, ..Overrides::default() };
        assert!(load("", &[], &overrides).is_ok(), "{listen}");
    }
    for listen in ["0.0.0.0:8080", "[::]:8080", "192.168.1.2:8080", "[::ffff:127.0.0.1]:8080"] {
        let overrides = Overrides { listen: Some(listen.to_owned()), ..Overrides::default() };
        let found = load("", &[], &overrides).unwrap_err();
        assert_eq!(
            found,
            [format!(
                "command line: `server.listen` is {listen}: without client authentication only the loopback is \
                 served; listen on 127.0.0.1:8080 and let a proxy that authenticates clients reach it there"
            )]
        );
    }
    let overrides =
        Overrides { listen: Some("0.0.0.0:80".to_owned()), sandbox: true, ..Overrides::default() };
    let found = load("", &[], &overrides).unwrap_err();
    assert_eq!(
        found[1],
        "command line: `sandbox.enabled` is true and `server.listen` is 0.0.0.0:80: the sandbox is served on the \
         loopback only"
    );
}

use super::*;
use crate::telemetry::metrics::{self, VOCABULARY};

/// The name of a metric without what Prometheus adds to that of a histogram.
fn base(name: &str) -> &str {
    ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name)
}

#[tokio::test]
async fn metrics_have_our_labels_and_nothing_of_a_client() {
    let recorder = metrics::recorder().unwrap();
    let handle = recorder.handle();
    let guard = ::metrics::set_default_local_recorder(&recorder);
    for path in ["/cds-services/ok", "/cds-services/not-json", "/cds-services/panic"] {
        let _ = post(path).await;
    }
    let _ = post(&format!("/cds-services/{SECRET}")).await;
    let _ = post(&format!("/{SECRET}")).await;
    let _ = ask(SECRET, "/cds-services").await;
    assert!(tokio::time::timeout(Duration::from_millis(20), post("/cds-services/endless")).await.is_err());
    drop(guard);
    let text = handle.render();

    assert!(!text.contains(SECRET), "{text}");
    for line in [
        r#"gaitkeeper_requests_total{method="POST",route="/cds-services/{id}",status="200"} 1"#,
        r#"gaitkeeper_requests_total{method="POST",route="/cds-services/{id}",status="400"} 1"#,
        r#"gaitkeeper_requests_total{method="POST",route="/cds-services/{id}",status="404"} 1"#,
        r#"gaitkeeper_requests_total{method="POST",route="/cds-services/{id}",status="500"} 1"#,
        r#"gaitkeeper_requests_total{method="POST",route="/cds-services/{id}",status="none"} 1"#,
        r#"gaitkeeper_requests_total{method="POST",route="none",status="404"} 1"#,
        r#"gaitkeeper_requests_total{method="other",route="/cds-services",status="405"} 1"#,
        r#"gaitkeeper_call_duration_seconds_count{cds_service="ok"} 1"#,
        "gaitkeeper_requests_in_flight 0",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
    }
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (name, labels) = line.rsplit_once(' ').unwrap().0.split_once('{').unwrap_or((line, ""));
        let name = base(name.split(' ').next().unwrap());
        let known = VOCABULARY.iter().find(|(known, _, _)| *known == name);
        let (_, known, _) = known.unwrap_or_else(|| panic!("{line}"));
        for label in labels.trim_end_matches('}').split("\",").filter_map(|label| label.split_once('=')) {
            assert!(known.contains(&label.0) || label.0 == "le", "{line}");
        }
    }
}

#[test]
fn alerts_and_dashboard_name_metrics_that_exist() {
    let chart = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("helm/gaitkeeper");
    for file in ["templates/prometheusrule.yaml", "files/dashboard.json"] {
        let text = std::fs::read_to_string(chart.join(file)).unwrap();
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let named: Vec<&str> = words.filter(|word| word.starts_with("gaitkeeper_")).map(base).collect();
        assert!(named.len() > 5, "{file}");
        for name in named {
            assert!(VOCABULARY.iter().any(|(known, _, _)| *known == name), "{file}: {name}");
        }
    }
}

//! The questionnaires that a package publishes, as FHIR R4 Questionnaire resources.

use serde::Deserialize;

use super::problem::Ledger;
use super::source::PackageSource;

/// A questionnaire, published as it stands in its file.
#[derive(Debug, Clone)]
pub struct Questionnaire {
    /// Its file, without the ending, and its `id`.
    pub id: String,
    /// Its canonical URL.
    pub url: String,
    /// Its title.
    pub title: String,
    /// The resource, as JSON.
    pub json: String,
    link_ids: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct QuestionnaireFile {
    resource_type: String,
    id: String,
    url: String,
    title: String,
    #[serde(default)]
    item: Vec<Item>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    link_id: String,
    #[serde(default)]
    item: Vec<Item>,
}

impl Questionnaire {
    /// Reads every questionnaire under `questionnaires/`.
    pub(super) fn read_all(source: &PackageSource, ledger: &mut Ledger) -> Vec<Questionnaire> {
        let files = source.under("questionnaires/").filter(|(path, _)| path.ends_with(".json"));
        files.filter_map(|(path, text)| Questionnaire::read(path, text, ledger)).collect()
    }

    fn read(path: &str, text: &str, ledger: &mut Ledger) -> Option<Questionnaire> {
        let file: QuestionnaireFile = match serde_json::from_str(text) {
            Ok(file) => file,
            Err(error) => {
                ledger.note(path, error.line() as u64, format!("not a Questionnaire: {error}"));
                return None;
            }
        };
        let stem = path.trim_start_matches("questionnaires/").trim_end_matches(".json");
        if file.resource_type != "Questionnaire" || file.id != stem {
            ledger.note(path, 1, format!("`resourceType` must be Questionnaire and `id` must be `{stem}`"));
        }
        let mut link_ids = Vec::new();
        collect(&file.item, &mut link_ids);
        let mut sorted = link_ids.clone();
        sorted.sort_unstable();
        if sorted.windows(2).any(|pair| matches!(pair, [one, other] if one == other)) {
            ledger.note(path, 1, "a `linkId` is there twice");
        }
        Some(Questionnaire { id: file.id, url: file.url, title: file.title, json: text.to_owned(), link_ids })
    }

    /// Does it hold a question with this `linkId`?
    #[must_use]
    pub fn asks(&self, link_id: &str) -> bool {
        self.link_ids.iter().any(|other| other == link_id)
    }
}

fn collect(items: &[Item], link_ids: &mut Vec<String>) {
    for item in items {
        link_ids.push(item.link_id.clone());
        collect(&item.item, link_ids);
    }
}

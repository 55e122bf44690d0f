//! Value sets (FHIR ValueSet with expansion) and drug products.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::files::Name;
use super::problem::Ledger;
use super::source::PackageSource;
use crate::chart::{ConceptId, ConceptSet, Route, System, Vocabulary};
use crate::fhir::plan::{DrugProducts, ProductIngredient};

/// Marks an entry of an expansion that stands for every code beginning with it.
const CODE_PREFIX: &str = "https://gaitkeeper.example/fhir/StructureDefinition/code-prefix";

/// The value sets of a package.
#[derive(Debug, Default)]
pub struct ValueSets {
    /// Which concepts a code stands for.
    pub vocabulary: Vocabulary,
    sets: BTreeMap<String, (ConceptId, Vec<Code>)>,
}

/// One code of a value set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// Its system.
    pub system: System,
    /// The code.
    pub code: String,
    /// Its words.
    pub display: String,
    /// It stands for every code that begins with it.
    pub family: bool,
}

#[derive(Deserialize)]
struct ValueSetFile {
    #[serde(rename = "resourceType")]
    resource_type: String,
    id: String,
    expansion: Expansion,
}

#[derive(Deserialize)]
struct Expansion {
    #[serde(default)]
    contains: Vec<Contains>,
}

#[derive(Deserialize)]
struct Contains {
    system: String,
    code: String,
    display: Option<String>,
    #[serde(default)]
    extension: Vec<Extension>,
}

#[derive(Deserialize)]
struct Extension {
    url: String,
    #[serde(rename = "valueBoolean")]
    value_boolean: Option<bool>,
}

impl ValueSets {
    /// Reads every ValueSet under `value-sets/`.
    pub fn read(source: &PackageSource, ledger: &mut Ledger) -> ValueSets {
        let mut value_sets = ValueSets::default();
        for (path, text) in source.under("value-sets/").filter(|(path, _)| path.ends_with(".json")) {
            let file: ValueSetFile = match serde_json::from_str(text) {
                Ok(file) => file,
                Err(error) => {
                    ledger.note(
                        path,
                        error.line() as u64,
                        format!("not a ValueSet with an expansion: {error}"),
                    );
                    continue;
                }
            };
            value_sets.add(path, &file, ledger);
        }
        value_sets
    }

    fn add(&mut self, path: &str, file: &ValueSetFile, ledger: &mut Ledger) {
        let stem = path.trim_start_matches("value-sets/").trim_end_matches(".json");
        if file.resource_type != "ValueSet" || file.id != stem {
            ledger.note(path, 1, format!("`resourceType` must be ValueSet and `id` must be `{stem}`"));
        }
        let Ok(number) = u8::try_from(self.sets.len()) else {
            ledger.note(path, 0, "more than 256 value sets");
            return;
        };
        let concept = ConceptId(number);
        let mut codes = Vec::new();
        for entry in &file.expansion.contains {
            let Some(system) = System::from_uri(&entry.system) else {
                ledger.note(path, 0, format!("`{}` is not a code system that is known here", entry.system));
                continue;
            };
            let family =
                entry.extension.iter().any(|e| e.url == CODE_PREFIX && e.value_boolean == Some(true));
            self.vocabulary.insert(system, &entry.code, family, concept);
            codes.push(Code {
                system,
                code: entry.code.clone(),
                display: entry.display.clone().unwrap_or_default(),
                family,
            });
        }
        self.sets.insert(stem.to_owned(), (concept, codes));
    }

    /// Adds one code to a value set; was there such a set, and such a system?
    pub(super) fn add_code(
        &mut self,
        file: &str,
        set: &Name,
        coding: &super::files::CodingText,
        ledger: &mut Ledger,
    ) -> bool {
        let Some(system) = System::from_uri(coding.system.as_str()) else {
            ledger.unknown::<()>(file, &coding.system, "code system");
            return false;
        };
        let Some((concept, codes)) = self.sets.get_mut(set.as_str()) else {
            ledger.unknown::<()>(file, set, "value set");
            return false;
        };
        self.vocabulary.insert(system, &coding.code, false, *concept);
        codes.push(Code {
            system,
            code: coding.code.clone(),
            display: coding.display.clone(),
            family: false,
        });
        true
    }

    /// The concepts of the named value sets; an unknown name is a mistake.
    pub fn concepts(&self, file: &str, names: &[Name], ledger: &mut Ledger) -> ConceptSet {
        let known = names.iter().filter_map(|name| match self.sets.get(name.as_str()) {
            Some((concept, _)) => Some(*concept),
            None => ledger.unknown(file, name, "value set"),
        });
        known.collect()
    }

    /// The codes of a value set.
    #[must_use]
    pub fn codes(&self, name: &str) -> Option<&[Code]> {
        self.sets.get(name).map(|(_, codes)| codes.as_slice())
    }

    /// Is the code, with exactly these words for it, in any value set? For proposed orders.
    #[must_use]
    pub fn holds(&self, system: System, code: &str) -> bool {
        self.sets.values().any(|(_, codes)| codes.iter().any(|c| c.system == system && c.code == code))
    }
}

#[derive(Deserialize)]
struct ProductRow {
    rxcui: String,
    ingredient: String,
    strength: Option<f64>,
    strength_unit: Option<String>,
    route: Option<String>,
    display: String,
}

const PRODUCTS: &str = "drug-products.csv";

/// Reads the drug products of a package.
pub(super) fn drug_products(source: &PackageSource, ledger: &mut Ledger) -> DrugProducts {
    let mut products = DrugProducts::default();
    let Some(text) = source.text(PRODUCTS) else {
        ledger.note(PRODUCTS, 0, "the file is missing");
        return products;
    };
    let mut combinations = BTreeSet::new();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    for row in reader.deserialize::<ProductRow>() {
        match row {
            Ok(row) => {
                let combination = row.display.contains(" / ");
                let milligrams = row.strength.filter(|_| row.strength_unit.as_deref() == Some("mg"));
                products.insert(
                    &row.rxcui,
                    ProductIngredient {
                        code: row.ingredient.into(),
                        milligrams_per_unit: milligrams,
                        route: row.route.as_deref().and_then(route),
                    },
                );
                if combination {
                    combinations.insert(row.rxcui);
                }
            }
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                ledger.note(PRODUCTS, line, format!("not a product: {error}"));
            }
        }
    }
    // A partner that no rule asks for still makes it a combination: milligrams of the whole are not those of one.
    for code in combinations {
        if products.ingredients(&code).len() == 1 {
            products
                .insert(&code, ProductIngredient { code: "".into(), milligrams_per_unit: None, route: None });
        }
    }
    products
}

fn route(name: &str) -> Option<Route> {
    Some(match name {
        "" | "unstated" => return None,
        "oral" => Route::Oral,
        "injectable" => Route::Injected,
        "topical" | "topical-patch" | "transdermal" => Route::Topical,
        "ophthalmic" | "otic" => Route::EyeOrEar,
        _ => Route::Other,
    })
}

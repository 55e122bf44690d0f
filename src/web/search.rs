//! Finding statements by words, synonyms and misspellings. It shows what is written, and composes nothing.

use std::collections::{BTreeMap, BTreeSet};

use bm25::{
    DefaultTokenizer, Document, Language, LanguageMode, SearchEngine, SearchEngineBuilder, Tokenizer,
};

use crate::knowledge::{Knowledge, Statement};

/// Statements that are shown for one question.
const MOST_HITS: usize = 10;

/// Characters of a question that are looked at.
const LONGEST_QUESTION: usize = 200;

/// The statements of a package, ready to be searched.
pub(super) struct Index {
    engine: SearchEngine<u32>,
    tokenizer: DefaultTokenizer,
    /// The stems of each statement, by its place in the knowledge.
    stems: BTreeMap<u32, BTreeSet<String>>,
    /// Every word that stands in a statement or among the synonyms.
    words: BTreeSet<String>,
    synonyms: Vec<Vec<String>>,
}

impl std::fmt::Debug for Index {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Index of {} statements", self.stems.len())
    }
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// Places of statements in the knowledge, the best first.
    pub(super) statements: Vec<usize>,
    /// Words that were read as others: as written, and as read.
    pub(super) corrected: Vec<(String, String)>,
}

impl Index {
    /// Of every statement whose topic is shown.
    pub(super) fn new(knowledge: &Knowledge) -> Index {
        let shown =
            |statement: &Statement| knowledge.topics.get(statement.topic).is_some_and(|topic| topic.shown);
        let documents: Vec<Document<u32>> = (0..)
            .zip(&knowledge.statements)
            .filter(|(_, statement)| shown(statement))
            .map(|(id, statement)| Document::new(id, contents(knowledge, statement)))
            .collect();
        let tokenizer = DefaultTokenizer::new(LanguageMode::Fixed(Language::English));
        let stems = documents
            .iter()
            .map(|document| (document.id, tokenizer.tokenize(&document.contents).into_iter().collect()))
            .collect();
        let phrases = |group: &Vec<String>| group.iter().map(|phrase| spaced(phrase)).collect();
        let synonyms: Vec<Vec<String>> = knowledge.synonyms.iter().map(phrases).collect();
        let texts = documents.iter().map(|document| document.contents.as_str());
        let known = texts.chain(synonyms.iter().flatten().map(String::as_str)).flat_map(words).collect();
        let engine = SearchEngineBuilder::<u32>::with_tokenizer_and_documents(
            DefaultTokenizer::new(LanguageMode::Fixed(Language::English)),
            documents,
        )
        .build();
        Index { engine, tokenizer, stems, words: known, synonyms }
    }

    /// The statements that speak of at least half of what was asked for.
    pub(super) fn find(&self, question: &str) -> Found {
        let question: String = question.chars().take(LONGEST_QUESTION).collect();
        let mut corrected = Vec::new();
        let mut asked: Vec<String> = Vec::new();
        for word in words(&question) {
            let near = self.nearest(&word);
            corrected.extend(near.iter().map(|near| (word.clone(), near.clone())));
            asked.push(near.unwrap_or(word));
        }
        let meanings = self.meanings(&asked);
        let query = meanings.iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" ");
        let mut hits: Vec<(usize, u32)> = self
            .engine
            .search(&query, None)
            .iter()
            .map(|hit| (self.spoken_of(hit.document.id, &meanings), hit.document.id))
            .filter(|(spoken, _)| *spoken > 0 && 2 * spoken >= meanings.len())
            .collect();
        // Among those that speak of as much, the engine's order holds.
        hits.sort_by_key(|(spoken, _)| std::cmp::Reverse(*spoken));
        hits.truncate(MOST_HITS);
        Found { statements: hits.into_iter().map(|(_, id)| id as usize).collect(), corrected }
    }

    /// Of how many of these things does a statement speak?
    fn spoken_of(&self, id: u32, meanings: &[Vec<String>]) -> usize {
        let Some(stems) = self.stems.get(&id) else { return 0 };
        let said = |phrase: &String| {
            let asked = self.tokenizer.tokenize(phrase);
            !asked.is_empty() && asked.iter().all(|stem| stems.contains(stem))
        };
        meanings.iter().filter(|meaning| meaning.iter().any(said)).count()
    }

    /// Each thing asked for, in all the words for it: a phrase of the synonyms, or a single word.
    fn meanings(&self, asked: &[String]) -> Vec<Vec<String>> {
        let mut rest = format!(" {} ", asked.join(" "));
        let mut phrases: Vec<&String> = self.synonyms.iter().flatten().collect();
        phrases.sort_unstable_by_key(|phrase| (std::cmp::Reverse(phrase.len()), phrase.as_str()));
        phrases.dedup();
        let mut meanings: Vec<Vec<String>> = Vec::new();
        for phrase in phrases {
            let spaced = format!(" {phrase} ");
            if rest.contains(&spaced) {
                rest = rest.replace(&spaced, " ");
                let groups = self.synonyms.iter().filter(|group| group.contains(phrase));
                meanings.push(groups.flatten().cloned().collect());
            }
        }
        // Words that carry nothing ("the", "of") have no stem.
        let words = rest.split_whitespace().filter(|word| !self.tokenizer.tokenize(word).is_empty());
        meanings.extend(words.map(|word| vec![word.to_owned()]));
        meanings
    }

    /// The known word that a misspelt one is nearest to; nothing for a known word, and for one that is near to none.
    fn nearest(&self, word: &str) -> Option<String> {
        let letters = word.chars().count();
        if letters < 5 || self.words.contains(word) || self.tokenizer.tokenize(word).is_empty() {
            return None;
        }
        let most = if letters < 8 { 1 } else { 2 };
        let near = self.words.iter().filter(|known| known.chars().next() == word.chars().next());
        let near = near.map(|known| (strsim::damerau_levenshtein(word, known), known));
        near.filter(|(distance, _)| *distance <= most).min().map(|(_, known)| known.clone())
    }
}

/// All that is written of a statement.
fn contents(knowledge: &Knowledge, statement: &Statement) -> String {
    let topic = knowledge.topics.get(statement.topic);
    let topic = topic.map(|topic| format!("{} {}", topic.title, topic.plain)).unwrap_or_default();
    let text = &statement.text;
    let beyond = text.beyond.as_ref().map_or("", |addition| &addition.text);
    let doubt = text.doubt.as_deref().unwrap_or_default();
    format!("{} {topic} {} {} {beyond} {doubt}", statement.id, text.text, text.plain)
}

fn words(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|letter: char| !letter.is_alphanumeric());
    words.filter(|word| !word.is_empty()).map(str::to_lowercase)
}

fn spaced(phrase: &str) -> String {
    words(phrase).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::PackageSource;

    fn found(question: &str) -> (Vec<String>, Vec<(String, String)>) {
        let knowledge = Knowledge::load(&PackageSource::embedded()).unwrap();
        let found = Index::new(&knowledge).find(question);
        let ids = found.statements.iter().map(|place| knowledge.statements[*place].id.clone());
        (ids.collect(), found.corrected)
    }

    #[test]
    fn words_synonyms_and_misspellings_find_statements() {
        for (question, expected) in [
            ("gadolinium", "PIT-07"),
            ("contrast dye and kidneys", "PIT-07"),
            ("gadolinum", "PIT-07"),
            ("Can I give cilostazol in heart failure?", "SAF-01"),
            ("cilostasol heart failure", "SAF-01"),
            ("stop smoking", "PAD-08"),
            ("tobacco", "PAD-08"),
            ("A1c target", "PAD-12"),
            ("supervised exercise claudication", "PAD-01"),
            ("PIT-07", "PIT-07"),
        ] {
            let (ids, _) = found(question);
            assert!(ids.iter().take(5).any(|id| id == expected), "{question}: {ids:?}");
        }
    }

    #[test]
    fn a_misspelt_word_is_read_as_the_nearest_and_said() {
        let (_, corrected) = found("gadolinum");
        assert_eq!(corrected, [("gadolinum".to_owned(), "gadolinium".to_owned())]);
        assert!(found("gadolinium").1.is_empty());
    }

    #[test]
    fn where_there_is_nothing_nothing_is_found() {
        for question in
            ["", "   ", "?!", "the of and", "weather in Lisbon tomorrow", "migraine", "\u{0}\u{7}"]
        {
            assert!(found(question).0.is_empty(), "{question}: {:?}", found(question));
        }
        assert!(found(&"x".repeat(100_000)).0.is_empty());
    }
}

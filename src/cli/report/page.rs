//! The report as one page that needs nothing else.

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde::Serialize;

use super::{percent, reason, title};
use crate::feedback::report::{Report, Week};
use crate::knowledge::Knowledge;
use crate::web;

/// Width of the bars of one card, in the units of the drawing.
const BAR: i64 = 320;
/// Height of the drawing of the weeks.
const HEIGHT: i64 = 120;
/// Its width.
const WIDTH: i64 = 640;

#[derive(Serialize)]
struct Page<'a> {
    css: &'static str,
    told: &'a Report,
    package: &'a str,
    version: &'a str,
    cards: Vec<Line<'a>>,
    bars: Vec<Bar<'a>>,
    most: i64,
    width: i64,
}

#[derive(Serialize)]
struct Line<'a> {
    card: &'a str,
    title: &'a str,
    shown: i64,
    accepted: i64,
    overridden: i64,
    silent: i64,
    share: Option<i64>,
    /// Widths of accepted, overridden and silent.
    widths: [i64; 3],
    reasons: Vec<(i64, &'a str)>,
    spark: String,
}

/// One week: heights of accepted, overridden and the rest.
#[derive(Serialize)]
struct Bar<'a> {
    monday: &'a str,
    shown: i64,
    accepted: i64,
    overridden: i64,
    x: i64,
    width: i64,
    heights: [i64; 3],
    /// Has it a label below it?
    labelled: bool,
}

/// Writes the page.
///
/// # Errors
/// Where the template is not right.
pub(super) fn page(told: &Report, knowledge: &Knowledge) -> Result<String, minijinja::Error> {
    let mut templates = Environment::new();
    templates.set_undefined_behavior(UndefinedBehavior::Strict);
    templates.set_auto_escape_callback(|_| AutoEscape::Html);
    templates.add_template("report.html", include_str!("report.html"))?;
    let widest = told.cards.iter().map(|line| line.shown.max(line.accepted + line.overridden)).max();
    let widest = widest.unwrap_or(0).max(1);
    let cards = told.cards.iter().map(|line| Line {
        card: &line.card,
        title: title(knowledge, &line.card),
        shown: line.shown,
        accepted: line.accepted,
        overridden: line.overridden,
        silent: line.silent,
        share: percent(line.accepted, line.shown),
        widths: [line.accepted, line.overridden, line.silent].map(|number| number * BAR / widest),
        reasons: line.reasons.iter().map(|line| (line.number, reason(knowledge, &line.code))).collect(),
        spark: spark(&line.weeks),
    });
    let most = told.weeks.iter().map(|week| week.shown.max(week.accepted + week.overridden)).max();
    let most = most.unwrap_or(0).max(1);
    let step = WIDTH / i64::try_from(told.weeks.len()).unwrap_or(1).max(1);
    let bars = told.weeks.iter().zip(0..).map(|(week, place)| {
        let rest = (week.shown - week.accepted - week.overridden).max(0);
        Bar {
            monday: &week.monday,
            shown: week.shown,
            accepted: week.accepted,
            overridden: week.overridden,
            x: place * step,
            width: (step - 4).max(1),
            heights: [week.accepted, week.overridden, rest].map(|number| number * HEIGHT / most),
            labelled: place % (1 + 80 / step.max(1)) == 0,
        }
    });
    let page = Page {
        css: web::asset("gaitkeeper.css").map_or("", |css| css.text),
        told,
        package: &knowledge.package.id,
        version: &knowledge.package.version,
        cards: cards.collect(),
        bars: bars.collect(),
        most,
        width: BAR,
    };
    templates.get_template("report.html")?.render(Serde(page))
}

/// Cards shown week by week, as the points of a line of 100 by 20.
fn spark(weeks: &[Week]) -> String {
    let most = weeks.iter().map(|week| week.shown).max().unwrap_or(0).max(1);
    let gaps = i64::try_from(weeks.len()).unwrap_or(1).saturating_sub(1).max(1);
    let points = weeks
        .iter()
        .zip(0..)
        .map(|(week, place)| format!("{},{}", place * 100 / gaps, 19 - week.shown * 18 / most));
    points.collect::<Vec<_>>().join(" ")
}

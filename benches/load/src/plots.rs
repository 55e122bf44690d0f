//! Plots of a run, as SVG on white.

use std::fmt::Display;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use plotters::coord::Shift;
use plotters::prelude::*;

use crate::goals::short;
use crate::results::Results;
use crate::server::Target;
use crate::throughput::Table;

type Sheet<'a> = DrawingArea<SVGBackend<'a>, Shift>;

const SIZE: (u32, u32) = (860, 420);
const FONT: &str = "sans-serif";
const GREY: RGBColor = RGBColor(90, 90, 90);
const PALE: RGBColor = RGBColor(225, 225, 225);

/// Colours that people who see few colours can tell apart (after Okabe and Ito).
fn colour(target: Target) -> RGBColor {
    match target {
        Target::Open | Target::Sandbox => RGBColor(0, 114, 178),
        Target::Signed => RGBColor(86, 180, 233),
        Target::Typed => RGBColor(213, 94, 0),
        Target::Read => RGBColor(120, 120, 120),
        Target::Value => RGBColor(0, 158, 115),
    }
}

/// A line of a target.
struct Line {
    target: Target,
    points: Vec<(f64, f64)>,
}

/// Writes all plots into a folder.
pub(crate) fn write(folder: &Path, results: &Results) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    throughput(&folder.join("throughput.svg"), results)?;
    latency(&folder.join("latency.svg"), results)?;
    scaling(&folder.join("scaling.svg"), results)?;
    soak(&folder.join("soak.svg"), results)
}

fn throughput(path: &Path, results: &Results) -> Result<()> {
    sheet(path, |sheet| {
        for (area, table) in sheet.split_evenly((1, 2)).iter().zip(&results.throughput) {
            bars(area, table)?;
        }
        Ok(())
    })
}

/// One bar for each target, with its number.
fn bars(area: &Sheet<'_>, table: &Table) -> Result<()> {
    let mut figures = Vec::new();
    for row in &table.rows {
        figures.push((row.target, row.spread(|run| run.calls_per_cpu_second())?.median));
    }
    let most = figures.iter().map(|(_, figure)| *figure).fold(0.0, f64::max);
    let caption =
        format!("{} call, {} kB: calls per CPU-second", table.name, (table.bytes as f64 / 1e3).round());
    let mut chart = ChartBuilder::on(area)
        .caption(caption, (FONT, 16).into_font().color(&BLACK))
        .margin(12)
        .build_cartesian_2d(0.0..most * 1.25, 0.0..figures.len() as f64)
        .map_err(drawing)?;
    for (place, (target, figure)) in figures.iter().enumerate() {
        let top = (figures.len() - place) as f64;
        let bar = Rectangle::new([(0.0, top - 0.45), (*figure, top - 0.85)], colour(*target).filled());
        let name = Text::new(target.name(), (0.0, top - 0.15), (FONT, 14).into_font().color(&BLACK));
        let number = Text::new(
            format!(" {}", short(*figure)),
            (*figure, top - 0.5),
            (FONT, 14).into_font().color(&GREY),
        );
        chart.draw_series([bar]).map_err(drawing)?;
        chart.draw_series([name]).map_err(drawing)?;
        chart.draw_series([number]).map_err(drawing)?;
    }
    Ok(())
}

fn latency(path: &Path, results: &Results) -> Result<()> {
    sheet(path, |sheet| {
        let [table, _] = &results.throughput;
        let targets: Vec<Target> = table.rows.iter().map(|row| row.target).collect();
        let sheet = below_legend(sheet, &targets)?;
        for (area, table) in sheet.split_evenly((1, 2)).iter().zip(&results.throughput) {
            let mut lines = Vec::new();
            for row in &table.rows {
                let percentiles = row.runs.first().into_iter().flat_map(|run| run.outcome.latency());
                // The quicker half tells nothing of waiting, and the slowest is one call.
                let known: Vec<f64> = percentiles
                    .map(|(percentile, _)| percentile)
                    .filter(|it| (50.0..100.0).contains(it))
                    .collect();
                let points: Result<Vec<_>> =
                    known.iter().map(|it| Ok((nines(*it), row.latency(*it)?))).collect();
                lines.push(Line { target: row.target, points: points? });
            }
            let caption = format!("{} call: milliseconds at each percentile", table.name);
            let (across, up) = (within(&lines, |point| point.0), within(&lines, |point| point.1));
            let percentile = |nines: &f64| format!("{}", ((1.0 - 10f64.powf(-nines)) * 1e4).round() / 100.0);
            let axes = Axes { caption, across: "percentile, from 50", up: "ms", labels: 5 };
            lines_on(area, &axes, across.0..across.1, (up.0..up.1).log_scale(), &percentile, &lines)?;
        }
        Ok(())
    })
}

/// 90 % is one, 99 % is two.
fn nines(percentile: f64) -> f64 {
    -(1.0 - percentile / 100.0).log10()
}

fn scaling(path: &Path, results: &Results) -> Result<()> {
    sheet(path, |sheet| {
        let sheet = below_legend(sheet, &[Target::Open, Target::Typed])?;
        let series = [
            (&results.scaling.bytes, "size of the body, kB", 1e3),
            (&results.scaling.entries, "entries", 1.0),
        ];
        for (area, (series, across, unit)) in sheet.split_evenly((1, 2)).iter().zip(series) {
            let line = |target: Target, place: usize| Line {
                target,
                points: series
                    .steps
                    .iter()
                    .filter_map(|step| {
                        Some((step.size as f64 / unit, step.cpu.get(place)? * 1e9 / step.bytes as f64))
                    })
                    .collect(),
            };
            let lines = [line(Target::Open, 0), line(Target::Typed, 1)];
            let range = within(&lines, |point| point.0);
            let highest = within(&lines, |point| point.1).1 * 1.1;
            let axes = Axes { caption: "CPU time for each byte, ns".to_owned(), across, up: "ns", labels: 6 };
            lines_on(
                area,
                &axes,
                (range.0..range.1).log_scale(),
                0.0..highest,
                &|size: &f64| format!("{size}"),
                &lines,
            )?;
        }
        Ok(())
    })
}

fn soak(path: &Path, results: &Results) -> Result<()> {
    sheet(path, |sheet| {
        let points = results.soak.samples.iter().map(|(second, bytes)| (*second, bytes / 1e6)).collect();
        let lines = [Line { target: Target::Open, points }];
        let (across, up) = (within(&lines, |point| point.0), within(&lines, |point| point.1));
        let caption = "Soak: memory in use, MB".to_owned();
        let axes = Axes { caption, across: "seconds", up: "MB", labels: 8 };
        lines_on(
            sheet,
            &axes,
            across.0..across.1,
            0.0..up.1 * 1.2,
            &|second: &f64| format!("{second:.0}"),
            &lines,
        )
    })
}

struct Axes {
    caption: String,
    across: &'static str,
    up: &'static str,
    labels: usize,
}

fn lines_on<X, Y>(
    area: &Sheet<'_>,
    axes: &Axes,
    across: X,
    up: Y,
    label: &dyn Fn(&f64) -> String,
    lines: &[Line],
) -> Result<()>
where
    X: plotters::coord::ranged1d::AsRangedCoord<Value = f64>,
    Y: plotters::coord::ranged1d::AsRangedCoord<Value = f64>,
    X::CoordDescType: Ranged<ValueType = f64> + plotters::coord::ranged1d::ValueFormatter<f64>,
    Y::CoordDescType: Ranged<ValueType = f64> + plotters::coord::ranged1d::ValueFormatter<f64>,
{
    let mut chart = ChartBuilder::on(area)
        .caption(&axes.caption, (FONT, 16).into_font().color(&BLACK))
        .margin(12)
        .x_label_area_size(40)
        .y_label_area_size(52)
        .build_cartesian_2d(across, up)
        .map_err(drawing)?;
    chart
        .configure_mesh()
        .x_desc(axes.across)
        .y_desc(axes.up)
        .x_labels(axes.labels)
        .y_labels(12)
        .x_label_formatter(label)
        .y_label_formatter(&|value| format!("{}", (value * 1e3).round() / 1e3))
        .label_style((FONT, 13).into_font().color(&GREY))
        .bold_line_style(PALE)
        .light_line_style(TRANSPARENT)
        .axis_style(GREY)
        .draw()
        .map_err(drawing)?;
    for line in lines {
        let style = ShapeStyle::from(colour(line.target)).stroke_width(2);
        chart.draw_series(LineSeries::new(line.points.iter().copied(), style)).map_err(drawing)?;
        if line.points.len() < 30 {
            let dots = line.points.iter().map(|point| Circle::new(*point, 3, colour(line.target).filled()));
            chart.draw_series(dots).map_err(drawing)?;
        }
    }
    Ok(())
}

/// What the colours mean, above the plots; what is below it is given back.
fn below_legend<'a>(sheet: &Sheet<'a>, targets: &[Target]) -> Result<Sheet<'a>> {
    let (strip, rest) = sheet.split_vertically(34);
    let mut left = 20;
    for target in targets {
        strip
            .draw(&Rectangle::new([(left, 15), (left + 18, 19)], colour(*target).filled()))
            .map_err(drawing)?;
        let name = Text::new(target.name(), (left + 26, 10), (FONT, 13).into_font().color(&BLACK));
        strip.draw(&name).map_err(drawing)?;
        left += 60 + 7 * i32::try_from(target.name().len())?;
    }
    Ok(rest)
}

/// The least and the most of something over all lines.
fn within(lines: &[Line], of: impl Fn(&(f64, f64)) -> f64) -> (f64, f64) {
    let all = lines.iter().flat_map(|line| line.points.iter().map(&of));
    all.fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), it| (least.min(it), most.max(it)))
}

/// Draws on white and writes the file.
fn sheet(path: &Path, draw: impl FnOnce(&Sheet<'_>) -> Result<()>) -> Result<()> {
    let sheet = SVGBackend::new(path, SIZE).into_drawing_area();
    sheet.fill(&WHITE).map_err(drawing)?;
    draw(&sheet).with_context(|| format!("drawing {}", path.display()))?;
    sheet.present().map_err(drawing).with_context(|| format!("writing {}", path.display()))
}

fn drawing(error: impl Display) -> anyhow::Error {
    anyhow!("{error}")
}

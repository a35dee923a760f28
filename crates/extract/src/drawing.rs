//! Diagrams (SmartArt) and charts, as Word and PowerPoint keep them in parts of their own.

use std::collections::{BTreeSet, HashMap};

use crate::document::BlockKind;
use crate::failure::Failure;
use crate::limits;
use crate::output::Draft;
use crate::table::{Table, used_columns};
use crate::warning::WarningKind;
use crate::xml::{Element, Event, Reader};

/// Points of a diagram or of a chart's series that are read; a part with more counts as skipped.
const MAX_POINTS: usize = 20_000;

/// Levels of a diagram that are told apart.
const MAX_LEVELS: usize = 20;

/// Reads the texts of a diagram as a list, each under the one that it hangs from.
pub(crate) fn diagram(content: &[u8], draft: &mut Draft) -> Result<(), Failure> {
    let points = Points::read(content)?;
    draft.warn(WarningKind::SkippedParts, u64::from(points.is_cut));
    let mut written = vec![false; points.texts.len()];
    let mut open: Vec<(usize, usize)> =
        points.roots().into_iter().rev().map(|root| (root, 0)).collect();
    while let Some((at, level)) = open.pop() {
        let Some(done) = written.get_mut(at) else { continue };
        if std::mem::replace(done, true) {
            continue;
        }
        let text = points.texts.get(at).map_or("", |(_, text)| text.trim());
        if !text.is_empty() {
            let indent = "  ".repeat(level.min(8));
            draft.push(BlockKind::ListItem, &format!("{indent}- {text}"))?;
        }
        // A point without text, as the diagram itself, is no level.
        let below = if text.is_empty() { level } else { (level + 1).min(MAX_LEVELS) };
        open.extend(points.children(at).into_iter().rev().map(|child| (child, below)));
    }
    Ok(())
}

/// The points of a diagram, and which hang from which.
#[derive(Default)]
struct Points {
    /// Id and text.
    texts: Vec<(String, String)>,
    places: HashMap<String, usize>,
    /// By point: order and place of those that hang from it.
    below: HashMap<usize, Vec<(u32, usize)>>,
    hanging: Vec<bool>,
    /// There are more than are read.
    is_cut: bool,
}

impl Points {
    fn read(content: &[u8]) -> Result<Self, Failure> {
        let mut points = Self::default();
        let mut lines: Vec<(String, String, u32)> = Vec::new();
        let mut reader = Reader::new(content);
        let mut in_text = false;
        let mut is_shown = true;
        while let Some(event) = reader.next()? {
            match event {
                Event::Open(element) => match element.name() {
                    "pt" => is_shown = points.open(&element),
                    "cxn"
                        if lines.len() < MAX_POINTS
                            && matches!(element.attr("type").as_deref(), None | Some("parOf")) =>
                    {
                        let order = element
                            .attr("srcOrd")
                            .and_then(|order| order.parse().ok())
                            .unwrap_or(0);
                        lines.push((
                            element.attr("srcId").unwrap_or_default(),
                            element.attr("destId").unwrap_or_default(),
                            order,
                        ));
                    }
                    "prSet" => {
                        is_shown &= element
                            .attr("phldr")
                            .is_none_or(|shows| shows == "0" || shows == "false")
                    }
                    name => in_text = is_shown && name == "t" && is_drawing_text(&points),
                },
                Event::Close(name) if name == "p" => points.end_line(),
                Event::Close(_) => in_text = false,
                Event::Text(text) if in_text => points.add(&text),
                Event::Text(_) => {}
            }
        }
        points.hanging = vec![false; points.texts.len()];
        for (source, target, order) in lines {
            let (Some(&source), Some(&target)) =
                (points.places.get(&source), points.places.get(&target))
            else {
                continue;
            };
            points.below.entry(source).or_default().push((order, target));
            if let Some(hangs) = points.hanging.get_mut(target) {
                *hangs = true;
            }
        }
        Ok(points)
    }

    /// Opens a point; false if nothing of it is shown.
    fn open(&mut self, element: &Element<'_>) -> bool {
        if self.texts.len() >= MAX_POINTS {
            self.is_cut = true;
            return false;
        }
        let id = element.attr("modelId").unwrap_or_default();
        self.places.insert(id.clone(), self.texts.len());
        self.texts.push((id, String::new()));
        // Layout points repeat what others say.
        !matches!(element.attr("type").as_deref(), Some("pres" | "parTrans" | "sibTrans"))
    }

    fn add(&mut self, text: &str) {
        if let Some((_, last)) = self.texts.last_mut() {
            last.push_str(text);
        }
    }

    fn end_line(&mut self) {
        if let Some((_, last)) =
            self.texts.last_mut().filter(|(_, last)| !last.is_empty() && !last.ends_with(' '))
        {
            last.push(' ');
        }
    }

    /// Points that hang from none, and those of circles, which would be lost.
    fn roots(&self) -> Vec<usize> {
        let is_root = |at: &usize| self.hanging.get(*at) == Some(&false);
        let all = 0..self.texts.len();
        all.clone().filter(is_root).chain(all.filter(|at| !is_root(at))).collect()
    }

    fn children(&self, at: usize) -> Vec<usize> {
        let mut below = self.below.get(&at).cloned().unwrap_or_default();
        below.sort_unstable();
        below.into_iter().map(|(_, place)| place).collect()
    }
}

/// `a:t` holds text, `dgm:t` the paragraphs around it; only inside a point is there either.
fn is_drawing_text(points: &Points) -> bool {
    !points.texts.is_empty()
}

/// Reads a chart: its titles, and its numbers as a table of the series by category.
pub(crate) fn chart(content: &[u8], draft: &mut Draft) -> Result<(), Failure> {
    let chart = Chart::read(content)?;
    for title in &chart.titles {
        draft.push(BlockKind::Paragraph, title)?;
    }
    draft.warn(WarningKind::SkippedParts, u64::from(chart.is_cut));
    draft.warn(WarningKind::SkippedColumns, chart.skipped_series);
    let categories = chart
        .series
        .iter()
        .map(|series| &series.categories)
        .max_by_key(|categories| categories.len());
    // Points without a value are not written: their numbers are missing, and none ends the others.
    let rows: BTreeSet<usize> = chart
        .series
        .iter()
        .flat_map(|series| series.values.keys().chain(series.categories.keys()))
        .copied()
        .collect();
    let mut table = Table { rows: Vec::new(), headed: true };
    let names = chart.series.iter().map(|series| series.name.trim().to_owned());
    table.rows.push(std::iter::once(String::new()).chain(names).collect());
    for row in rows {
        let category =
            categories.and_then(|categories| categories.get(&row)).cloned().unwrap_or_default();
        let values =
            chart.series.iter().map(|series| series.values.get(&row).cloned().unwrap_or_default());
        table.rows.push(std::iter::once(category).chain(values).collect());
    }
    let width = chart.series.len() + 1;
    let is_empty =
        !used_columns(width, table.rows.iter().skip(1).map(Vec::as_slice)).contains(&true);
    if is_empty && chart.titles.is_empty() {
        draft.warn(WarningKind::SkippedParts, 1);
    }
    draft.push(BlockKind::Table, &table.text())
}

#[derive(Default)]
struct Chart {
    titles: Vec<String>,
    series: Vec<Series>,
    /// Series past the columns of a table.
    skipped_series: u64,
    /// There are more points than are read.
    is_cut: bool,
}

#[derive(Default)]
struct Series {
    name: String,
    categories: HashMap<usize, String>,
    values: HashMap<usize, String>,
}

impl Chart {
    fn read(content: &[u8]) -> Result<Self, Failure> {
        let mut chart = Self::default();
        let mut reader = Reader::new(content);
        let mut path: Vec<String> = Vec::new();
        let (mut at, mut points, mut is_skipped) = (0_usize, 0_usize, false);
        while let Some(event) = reader.next()? {
            match event {
                Event::Open(element) => {
                    let name = element.name();
                    match name {
                        "ser" => {
                            // The first column names the points.
                            is_skipped = chart.series.len() + 1 >= limits::MAX_COLUMNS;
                            if is_skipped {
                                chart.skipped_series += 1;
                            } else {
                                chart.series.push(Series::default());
                            }
                        }
                        "title" => chart.titles.push(String::new()),
                        "pt" => {
                            at = element.attr("idx").and_then(|at| at.parse().ok()).unwrap_or(0);
                            points += 1;
                        }
                        _ => {}
                    }
                    path.push(name.to_owned());
                }
                Event::Close(name) => {
                    path.pop();
                    is_skipped &= name != "ser";
                }
                Event::Text(_) if is_skipped => {}
                Event::Text(text) if points <= MAX_POINTS && at < MAX_POINTS => {
                    chart.text(&path, at, &text)
                }
                Event::Text(_) => chart.is_cut = true,
            }
        }
        Ok(chart)
    }

    fn text(&mut self, path: &[String], at: usize, text: &str) {
        let within = |name: &str| path.iter().any(|open| open == name);
        let last = path.last().map(String::as_str);
        if !matches!(last, Some("t" | "v")) {
            return;
        }
        if within("title") && !within("ser") {
            if let Some(title) = self.titles.last_mut() {
                title.push_str(text);
            }
            return;
        }
        let Some(series) = self.series.last_mut().filter(|_| within("ser") && !within("dLbls"))
        else {
            return;
        };
        if within("tx") {
            series.name.push_str(text);
        } else if within("cat") || within("xVal") {
            series.categories.entry(at).or_default().push_str(text);
        } else if within("val") || within("yVal") {
            series.values.entry(at).or_default().push_str(text);
        }
    }
}

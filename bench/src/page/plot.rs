//! The plots: bars with their values, drawn as SVG without a library, so that they are the same on every machine.

use std::fmt::Write as _;

use super::tables::{SERVERS, number, title};
use crate::results::Results;

const WIDTH: u32 = 760;
/// Where the bars begin, and how long the longest is.
const LEFT: f64 = 300.0;
const LONGEST: f64 = 380.0;
const ROW: u32 = 34;
const TOP: u32 = 64;

/// One bar.
struct Bar {
    label: String,
    value: f64,
    /// Whether it is one of Usher's.
    is_usher: bool,
    /// Where it would end in the best case.
    best: Option<f64>,
}

pub fn servers(results: &Results) -> String {
    let bars = SERVERS.iter().filter_map(|name| results.server(name)).map(|figures| Bar {
        label: title(&figures.name).to_owned(),
        value: figures.busy.per_second,
        is_usher: figures.name.starts_with("sqlite") || figures.name.starts_with("cluster"),
        best: None,
    });
    draw(
        "Conversations a second",
        "Each two messages, three turns and an API call; the same machine and run",
        &bars.collect::<Vec<_>>(),
    )
}

pub fn held(results: &Results) -> String {
    let one = results.held.iter().find(|held| held.processes == 1).map(|held| held.busy.per_second);
    let bars = results.held.iter().map(|held| {
        #[expect(clippy::cast_precision_loss, reason = "a few processes")]
        let processes = held.processes as f64;
        Bar {
            label: if held.processes == 1 { "1 process".to_owned() } else { format!("{} processes", held.processes) },
            value: held.busy.per_second,
            is_usher: true,
            best: one.map(|one| one * processes),
        }
    });
    let share = results.held.first().map_or(0.1, |held| held.share);
    let note = format!("Each process held to {share} of a core; the mark is as many times one's rate");
    draw("Conversations a second, by processes", &note, &bars.collect::<Vec<_>>())
}

pub fn stored(results: &Results) -> String {
    let bars = results.stored.iter().map(|stored| Bar {
        label: format!("{} sessions", number(stored.sessions.into())),
        value: stored.cpu.server,
        is_usher: true,
        best: None,
    });
    draw("CPU time of a turn, by stored sessions", "Milliseconds, Usher on SQLite", &bars.collect::<Vec<_>>())
}

fn draw(heading: &str, note: &str, bars: &[Bar]) -> String {
    let height = TOP + ROW * u32::try_from(bars.len()).unwrap_or_default() + 16;
    let most = bars.iter().map(|bar| bar.value.max(bar.best.unwrap_or_default())).fold(f64::MIN_POSITIVE, f64::max);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" \
         role=\"img\" font-family=\"system-ui, sans-serif\">\n<title>{heading}</title>\n\
         <rect width=\"{WIDTH}\" height=\"{height}\" rx=\"8\" fill=\"#ffffff\"/>\n\
         <text x=\"20\" y=\"28\" font-size=\"16\" font-weight=\"600\" fill=\"#1d2433\">{heading}</text>\n\
         <text x=\"20\" y=\"48\" font-size=\"12\" fill=\"#5a6478\">{note}</text>\n"
    );
    let mut y = TOP;
    for bar in bars {
        let length = bar.value / most * LONGEST;
        let colour = if bar.is_usher { "#3b5bdb" } else { "#adb5bd" };
        let (middle, label, value) = (y + 20, &bar.label, number(bar.value));
        let _ = writeln!(
            svg,
            "<text x=\"{:.0}\" y=\"{middle}\" font-size=\"13\" text-anchor=\"end\" fill=\"#1d2433\">{label}</text>\n\
             <rect x=\"{LEFT:.0}\" y=\"{}\" width=\"{:.1}\" height=\"20\" rx=\"3\" fill=\"{colour}\"/>",
            LEFT - 12.0,
            y + 5,
            length.max(1.0),
        );
        let mut end = LEFT + length;
        if let Some(best) = bar.best {
            let x = LEFT + best / most * LONGEST;
            let _ = writeln!(
                svg,
                "<line x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{}\" y2=\"{}\" stroke=\"#1d2433\" stroke-width=\"2\"/>",
                y + 2,
                y + 28,
            );
            end = end.max(x);
        }
        let _ = writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"{middle}\" font-size=\"13\" fill=\"#1d2433\">{value}</text>",
            end + 8.0
        );
        y += ROW;
    }
    svg + "</svg>\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_bar_has_the_whole_length_and_the_others_their_share() {
        let bar = |label: &str, value| Bar { label: label.to_owned(), value, is_usher: true, best: None };
        let svg = draw("Heading", "Note", &[bar("a", 50.0), bar("b", 200.0)]);
        assert!(svg.contains("width=\"380.0\"") && svg.contains("width=\"95.0\""), "{svg}");
        assert!(svg.ends_with("</svg>\n") && svg.contains(">200<"));
    }
}

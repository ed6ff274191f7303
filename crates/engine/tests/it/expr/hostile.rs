//! Whatever is written as an expression or text: it is refused, or evaluated within its bounds.
//!
//! The fuzz target in `fuzz/` calls the same function.

use proptest::prelude::*;
use usher_engine::expr::filters;

#[path = "../../../fuzz/src/lib.rs"]
mod fuzz;

/// Sources that look like expressions more often than random text does.
fn any_source() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        3 => prop::sample::select(fuzz::WORDS).prop_map(str::to_owned),
        1 => any::<i64>().prop_map(|number| number.to_string()),
        1 => "[0-9]{1,30}(\\.[0-9]{1,30})?",
        1 => ".{0,4}",
    ];
    prop::collection::vec(part, 0..40).prop_map(|parts| parts.join(" "))
}

proptest! {
    #[test]
    fn never_panics_and_stays_within_bounds(source in any_source()) {
        fuzz::check(&source);
        fuzz::check(&format!("{{{{ {source} }}}}"));
    }

    #[test]
    fn nor_does_anything_else(source in ".{0,200}") {
        fuzz::check(&source);
    }
}

const ARGUMENTS: &[&str] = &[
    "(big)",
    "(1, big)",
    "('x', big)",
    "(-9223372036854775808)",
    "(list)",
    "('%c%A', 'Europe/Berlin')",
    "(28, big, big)",
];

#[test]
fn filters_stay_within_bounds() {
    for filter in filters() {
        for variable in fuzz::VARIABLES {
            for arguments in ARGUMENTS {
                fuzz::check(&format!("{{{{ {variable} | {}{arguments} }}}}", filter.name));
            }
        }
    }
}

#[test]
fn filters_of_filters_stay_within_bounds() {
    for (first, second) in filters().iter().flat_map(|first| filters().iter().map(move |second| (first, second))) {
        for variable in fuzz::VARIABLES {
            fuzz::check(&format!("{{{{ {variable} | {} | {} }}}}", first.name, second.name));
        }
    }
}

//! Filters of texts, and those that make one.

use super::{Call, Failure, FilterSpec};
use crate::expr::arguments::Param;
use crate::value::{Kind, Value};

pub(super) const FILTERS: [FilterSpec; 13] = [
    FilterSpec::new("upper", "All letters in upper case.", &[], ("'Ann' | upper", "ANN"), |call| {
        Ok(call.text()?.to_uppercase().into())
    }),
    FilterSpec::new("lower", "All letters in lower case.", &[], ("'Ann' | lower", "ann"), |call| {
        Ok(call.text()?.to_lowercase().into())
    }),
    FilterSpec::new(
        "capitalize",
        "The first letter in upper case, the others in lower case.",
        &[],
        ("'ann SMITH' | capitalize", "Ann smith"),
        capitalize,
    ),
    FilterSpec::new(
        "title",
        "The first letter of each word in upper case, the others in lower case.",
        &[],
        ("'ann SMITH' | title", "Ann Smith"),
        title,
    ),
    FilterSpec::new(
        "trim",
        "Without white space at both ends, or without other characters there.",
        &[Param::optional("chars", "The characters to take away, instead of white space.")],
        ("'  Ann ' | trim", "Ann"),
        |call| {
            let text = call.text()?;
            let trimmed = call.text_arg(0)?.map_or(text.trim(), |chars| text.trim_matches(|char| chars.contains(char)));
            Ok(trimmed.into())
        },
    ),
    FilterSpec::new(
        "replace",
        "With every occurrence of a text replaced by another.",
        &[Param::required("old", "What to replace."), Param::required("new", "What to put there.")],
        ("'a-b-c' | replace('-', '+')", "a+b+c"),
        replace,
    ),
    FilterSpec::new(
        "split",
        "The list of the parts between separators; without one, of the words.",
        &[
            Param::optional("separator", "What stands between the parts."),
            Param::optional("max", "How often to split at most."),
        ],
        ("'a, b, c' | split(', ')", r#"["a","b","c"]"#),
        split,
    ),
    FilterSpec::new(
        "truncate",
        "Cut to a length, with an end that shows it; texts that are no longer stay as they are.",
        &[
            Param::optional("length", "How many characters the result may have; 255 if left out."),
            Param::optional("end", "What shows that it was cut; … if left out."),
        ],
        ("'The quick brown fox' | truncate(10)", "The quick…"),
        truncate,
    ),
    FilterSpec::new(
        "urlencode",
        "As it can stand in an address: everything but letters, digits and -._~/ in percent notation.",
        &[],
        ("'a b&c' | urlencode", "a%20b%26c"),
        urlencode,
    ),
    FilterSpec::new(
        "string",
        "As a text, the way it would be shown in one.",
        &[],
        ("(12 | string) ~ '!'", "12!"),
        |call| Ok(call.input.to_text()),
    )
    .also_unset(),
    FilterSpec::new("json", "As JSON text.", &[], ("['a', 1.50, none] | json", r#"["a",1.50,null]"#), |call| {
        Ok(call.input.to_json_text().into())
    })
    .also_unset(),
    FilterSpec::new(
        "default",
        "A value to use when there is none.",
        &[
            Param::optional("value", "What to use instead; an empty text if left out."),
            Param::optional("boolean", "Whether to use it for empty texts, lists and maps, 0 and no as well."),
        ],
        ("name | default('there')", "there"),
        |call| {
            let missing = if call.flag(1) { !call.input.truthy() } else { call.input.is_unset() };
            if missing { Ok(call.arg(0).cloned().unwrap_or_else(|| "".into())) } else { Ok(call.input.clone()) }
        },
    )
    .also_unset(),
    FilterSpec::new(
        "length",
        "How many characters, items or keys it has; 0 if it is not set.",
        &[],
        ("['a', 'b'] | length", "2"),
        |call| match call.input.kind() {
            Kind::Unset => Ok(0_i64.into()),
            Kind::Text(text) => Ok(text.chars().count().into()),
            Kind::List(items) => Ok(items.len().into()),
            Kind::Map(entries) => Ok(entries.len().into()),
            _ => Err(call.unfit("a text, list or map")),
        },
    )
    .also_unset(),
];

fn capitalize(call: &Call<'_>) -> Result<Value, Failure> {
    let mut chars = call.text()?.chars();
    let first: String = chars.next().into_iter().flat_map(char::to_uppercase).collect();
    Ok((first + &chars.as_str().to_lowercase()).into())
}

fn title(call: &Call<'_>) -> Result<Value, Failure> {
    let text = call.text()?;
    let mut titled = String::with_capacity(text.len());
    let mut starts_word = true;
    for char in text.chars() {
        if char.is_whitespace() || "-({[<".contains(char) {
            titled.push(char);
            starts_word = true;
        } else if starts_word {
            titled.extend(char.to_uppercase());
            starts_word = false;
        } else {
            titled.extend(char.to_lowercase());
        }
    }
    Ok(titled.into())
}

fn replace(call: &Call<'_>) -> Result<Value, Failure> {
    let text = call.text()?;
    let (old, new) = (call.text_arg(0)?.unwrap_or_default(), call.text_arg(1)?.unwrap_or_default());
    if old.is_empty() {
        return Err(Failure::invalid("`old` cannot be empty"));
    }
    let found = text.matches(old).count();
    call.fits((text.len() - found * old.len()).saturating_add(found.saturating_mul(new.len())))?;
    Ok(text.replace(old, new).into())
}

fn split(call: &Call<'_>) -> Result<Value, Failure> {
    let text = call.text()?;
    let max =
        call.whole_arg(1)?.and_then(|max| usize::try_from(max).ok()).map_or(usize::MAX, |max| max.saturating_add(1));
    match call.text_arg(0)? {
        None if max == usize::MAX => call.collect(text.split_whitespace().map(Value::from)),
        None => call.collect(text.splitn(max, char::is_whitespace).map(Value::from)),
        Some("") => Err(Failure::invalid("`separator` cannot be empty")),
        Some(separator) => call.collect(text.splitn(max, separator).map(Value::from)),
    }
}

fn truncate(call: &Call<'_>) -> Result<Value, Failure> {
    let text = call.text()?;
    let length = call.whole_arg(0)?.unwrap_or(255);
    let length = usize::try_from(length).map_err(|_| Failure::invalid("`length` cannot be negative"))?;
    let end = call.text_arg(1)?.unwrap_or("…");
    if text.chars().nth(length).is_none() {
        return Ok(call.input.clone());
    }
    let kept = length.saturating_sub(end.chars().count());
    let kept: String = text.chars().take(kept).collect();
    Ok((kept.trim_end().to_owned() + end).into())
}

fn urlencode(call: &Call<'_>) -> Result<Value, Failure> {
    use std::fmt::Write;
    let text = call.input.render();
    call.fits(text.len().saturating_mul(3))?;
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a `String` cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    Ok(encoded.into())
}

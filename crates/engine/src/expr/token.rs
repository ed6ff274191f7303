//! Cuts the source of an expression into tokens.

use winnow::Parser;
use winnow::ascii::digit1;
use winnow::combinator::opt;
use winnow::error::EmptyError;
use winnow::token::{one_of, take_while};

use super::error::{Span, SyntaxError};
use crate::value::{Number, continues_name, starts_name};

/// The smallest part of an expression that means something.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token<'s> {
    /// A variable, filter or keyword.
    Name(&'s str),
    Text(String),
    Number(Number),
    Symbol(&'static str),
}

/// A token and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Lexeme<'s> {
    pub token: Token<'s>,
    pub span: Span,
}

/// What ends an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Until {
    /// The end of the source.
    End,
    /// `}}` or `-}}`, outside of any braces; the opening ones stand at this offset.
    Braces { open: usize },
}

/// The tokens of an expression that starts at an offset of the source, and where it ended: at the
/// closing braces, if it has any, or else at the end of the source.
pub(super) fn tokens(source: &str, start: usize, until: Until) -> Result<(Vec<Lexeme<'_>>, usize), SyntaxError> {
    let mut tokens = Vec::new();
    let mut rest = &source[start..];
    let mut open_braces = 0_u32;
    loop {
        rest = rest.trim_start();
        let offset = source.len() - rest.len();
        if rest.is_empty() {
            return match until {
                Until::End => Ok((tokens, offset)),
                Until::Braces { open } => Err(SyntaxError::at(open..start, "the `{{` here is never closed by `}}`")),
            };
        }
        if until != Until::End && open_braces == 0 && (rest.starts_with("}}") || rest.starts_with("-}}")) {
            return Ok((tokens, offset));
        }
        let token =
            next_token(&mut rest).map_err(|message| SyntaxError::at(offset..offset + first_char(rest), message))?;
        match token {
            Token::Symbol("{") => open_braces += 1,
            Token::Symbol("}") => open_braces = open_braces.saturating_sub(1),
            _ => {}
        }
        let span = Span::from(offset..source.len() - rest.len());
        tokens.push(Lexeme { token, span });
    }
}

fn first_char(text: &str) -> usize {
    text.chars().next().map_or(0, char::len_utf8)
}

fn next_token<'s>(rest: &mut &'s str) -> Result<Token<'s>, String> {
    match rest.chars().next().unwrap_or_default() {
        quote @ ('"' | '\'') => text(rest, quote).map(Token::Text),
        first if first.is_ascii_digit() => number(rest).map(Token::Number),
        first if starts_name(first) => Ok(Token::Name(name(rest))),
        first => symbol(rest).map(Token::Symbol).ok_or_else(|| format!("`{first}` means nothing here")),
    }
}

fn name<'s>(rest: &mut &'s str) -> &'s str {
    take_while::<_, _, EmptyError>(1.., continues_name).parse_next(rest).unwrap_or_default()
}

fn symbol(rest: &mut &str) -> Option<&'static str> {
    let symbol = SYMBOLS.into_iter().find(|symbol| rest.starts_with(symbol))?;
    *rest = &rest[symbol.len()..];
    Some(symbol)
}

/// The longer ones first, since `*` would be found in `**`.
const SYMBOLS: [&str; 25] = [
    "==", "!=", "<=", ">=", "//", "**", "(", ")", "[", "]", "{", "}", ",", ":", ".", "|", "=", "<", ">", "+", "-", "*",
    "/", "%", "~",
];

fn number(rest: &mut &str) -> Result<Number, String> {
    let fraction = opt(('.', digit1));
    let exponent = opt((one_of(['e', 'E']), opt(one_of(['+', '-'])), digit1));
    let digits = (digit1::<_, EmptyError>, fraction, exponent).take().parse_next(rest).unwrap_or_default();
    if rest.starts_with(continues_name) {
        return Err("a name cannot start with a digit".to_owned());
    }
    digits.parse().map_err(|_| format!("{digits} has more than the 28 digits that a number can have"))
}

fn text(rest: &mut &str, quote: char) -> Result<String, String> {
    let mut text = String::new();
    let mut chars = rest[1..].chars();
    loop {
        match chars.next() {
            None => return Err(format!("the text that starts here is never closed by {quote}")),
            Some(char) if char == quote => break,
            Some('\\') => text.push(escape(&mut chars)?),
            Some(char) => text.push(char),
        }
    }
    *rest = chars.as_str();
    Ok(text)
}

fn escape(chars: &mut std::str::Chars<'_>) -> Result<char, String> {
    match chars.next() {
        Some('n') => Ok('\n'),
        Some('r') => Ok('\r'),
        Some('t') => Ok('\t'),
        Some(char @ ('"' | '\'' | '\\' | '/')) => Ok(char),
        Some('u') => unicode_escape(chars),
        _ => Err("the text that starts here has a `\\` that means nothing; write `\\\\` for a backslash".to_owned()),
    }
}

/// `\u00e9`, or a pair such as `\ud83d\ude00`, as in JSON.
fn unicode_escape(chars: &mut std::str::Chars<'_>) -> Result<char, String> {
    let mut unit = || {
        let digits = chars.as_str().get(..4).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))?;
        *chars = chars.as_str()[4..].chars();
        u16::from_str_radix(digits, 16).ok()
    };
    let first = unit();
    let mut units: Vec<u16> = first.into_iter().collect();
    if first.is_some_and(|first| (0xD800..0xDC00).contains(&first)) && chars.as_str().starts_with("\\u") {
        *chars = chars.as_str()[2..].chars();
        let digits = chars.as_str().get(..4).unwrap_or_default();
        units.extend(u16::from_str_radix(digits, 16).ok());
        *chars = chars.as_str().get(4..).unwrap_or_default().chars();
    }
    let mut decoded = char::decode_utf16(units);
    match (decoded.next(), decoded.next()) {
        (Some(Ok(char)), None) => Ok(char),
        _ => {
            Err("the text that starts here has a `\\u` that is not followed by the four digits of a character"
                .to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(source: &str) -> Vec<Token<'_>> {
        tokens(source, 0, Until::End).unwrap().0.into_iter().map(|lexeme| lexeme.token).collect()
    }

    fn error(source: &str) -> String {
        tokens(source, 0, Until::End).unwrap_err().message
    }

    #[test]
    fn cuts_into_tokens() {
        assert_eq!(
            all("a.b//2"),
            [Token::Name("a"), Token::Symbol("."), Token::Name("b"), Token::Symbol("//"), Token::Number(2.into())]
        );
        assert_eq!(all("1.5e1 größe"), [Token::Number(15.into()), Token::Name("größe")]);
    }

    #[test]
    fn reads_escapes() {
        assert_eq!(all(r#"'it\'s "\u00e9\ud83d\ude00\n"'"#), [Token::Text("it's \"é😀\n\"".into())]);
        for bad in [r"'\q'", r"'\u12'", r"'\ud83d'", r"'\ud83d\u0041'", r"'\u+123'"] {
            assert!(error(bad).contains('\\'), "{bad}");
        }
    }

    #[test]
    fn says_what_is_wrong() {
        assert!(error("'abc").contains("never closed by '"));
        assert!(error("a ? b").contains("`?`"));
        assert!(error("1a").contains("start with a digit"));
        assert!(error("99999999999999999999999999999999").contains("28 digits"));
    }

    #[test]
    fn braces_of_maps_do_not_end_the_expression() {
        let source = "{{ {'a': {'b': '}}'}} }} after";
        let (_, end) = tokens(source, 2, Until::Braces { open: 0 }).unwrap();
        assert_eq!(&source[end..], "}} after");
    }
}

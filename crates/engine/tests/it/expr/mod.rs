//! Expressions: the same meaning as Jinja where the two overlap, and safe whatever is written.

mod differential;
mod hostile;

//! Many processes over one PostgreSQL database and one stream.

mod gate;
mod place;
mod process;
mod sharing;

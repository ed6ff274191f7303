//! The promises of the room: order, restarts, timers, bad systems.

mod postgres;
mod restart;
mod systems;
mod timers;

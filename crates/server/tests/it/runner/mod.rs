//! The promises of the room: order, restarts, timers, bad systems.

mod interrupted;
mod overload;
mod postgres;
mod restart;
mod slow_api;
mod systems;
mod timers;

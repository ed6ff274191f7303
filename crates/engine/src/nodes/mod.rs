//! The node types, one file each. To add one, write its file and name it in [`entries`].

mod api_integration;
mod calculate;
mod call_workflow;
mod end_session;
mod integration;
mod menu;
mod multiple_choice_input;
mod request_input;
mod set_variable;
mod switch_case;
mod text_display;

pub(crate) use integration::Integration;

use crate::catalogue::Entry;

/// The one list of the engine's own node types, in the palette's order.
pub(crate) fn entries() -> Vec<Entry> {
    vec![
        Entry::of::<text_display::TextDisplay>(),
        Entry::of::<request_input::RequestInput>(),
        Entry::of::<menu::Menu>(),
        Entry::of::<multiple_choice_input::MultipleChoiceInput>(),
        Entry::of::<api_integration::ApiIntegration>(),
        Entry::of::<set_variable::SetVariable>(),
        Entry::of::<calculate::Calculate>(),
        Entry::of::<switch_case::SwitchCase>(),
        Entry::of::<call_workflow::CallWorkflow>(),
        Entry::of::<end_session::EndSession>(),
    ]
}

//! Conversations as readable text: the one format of scenarios, conversation tests and bug reports.

//! What every database must do. Each function here becomes a test on SQLite and one on PostgreSQL.

pub(crate) mod configuration;
pub(crate) mod hot_commit;
pub(crate) mod hot_effects;
pub(crate) mod hot_processes;
pub(crate) mod hot_races;
pub(crate) mod hot_statuses;
pub(crate) mod hot_timers;
pub(crate) mod hot_waiting;
pub(crate) mod people;
pub(crate) mod retention;
pub(crate) mod stage;
pub(crate) mod statistics;
pub(crate) mod workflows;

/// Makes the tests, and the list of them.
macro_rules! conformance {
    ($($module:ident: $($case:ident),*;)*) => {
        const CASES: &[(&str, &[&str])] = &[$((stringify!($module), &[$(stringify!($case)),*])),*];

        mod on_sqlite {
            $(mod $module {
                $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    let database = crate::database::Database::sqlite().await;
                    crate::conformance::$module::$case(&database.store).await;
                    database.remove().await;
                })*
            })*
        }

        mod on_postgres {
            $(mod $module {
                $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    let database = crate::database::Database::postgres().await;
                    crate::conformance::$module::$case(&database.store).await;
                    database.remove().await;
                })*
            })*
        }
    };
}

conformance! {
    configuration:
        a_channel_is_changed_in_what_is_given,
        a_connection_keeps_what_its_test_said,
        an_api_is_of_both_environments,
        what_happens_to_a_channel_is_read_newest_first,
        what_is_kept_is_read_and_leaves,
        previews_and_throttles_come_and_go,
        where_nothing_happened_nothing_is_found;
    people:
        members_log_in_and_leave,
        a_taken_address_is_said_so,
        a_link_opens_once_and_not_after_its_time,
        api_keys_are_found_by_their_hash,
        the_log_is_read_a_page_at_a_time,
        a_workspace_is_changed_in_what_is_given;
    workflows:
        a_draft_is_never_overwritten_unseen,
        numbers_are_given_once,
        a_version_is_what_the_draft_was,
        deployments_are_numbered_and_stay,
        a_workflow_that_something_points_at_stays,
        a_route_has_its_place_alone;
    hot_commit:
        a_turn_is_stored_whole_and_loaded_again,
        the_same_event_is_a_duplicate_and_writes_nothing,
        a_duplicate_leaves_the_others_of_its_batch_as_they_are,
        a_session_that_moved_on_is_a_conflict_of_its_own_turn,
        turns_on_one_address_stand_on_each_other,
        of_two_who_commit_at_once_one_goes_on,
        a_session_that_cannot_be_read_gives_way,
        what_a_contact_is_called_stays,
        what_is_seen_is_known;
    hot_effects:
        what_is_due_tells_the_newest_revision,
        a_lane_is_taken_whole_and_waits_for_its_first,
        calls_go_beside_the_lane_and_answer_once,
        a_lease_that_runs_out_is_told,
        a_dead_letter_lets_the_next_pass_and_can_be_tried_again,
        dead_letters_of_a_lane_go_again_in_their_order,
        sends_behind_others_are_freed_when_those_are_settled,
        a_send_that_waits_for_a_status_behind_another_goes_in_its_turn,
        many_take_without_taking_twice,
        what_waits_is_counted;
    hot_processes:
        time_without_usher_does_not_count,
        time_counts_while_any_process_is_up,
        each_process_sees_how_often_the_others_have_beaten,
        what_the_dead_had_at_hand_is_interrupted,
        who_leaves_with_something_at_hand_is_buried_by_others,
        what_is_released_stands_as_before,
        what_is_released_overtakes_nothing,
        sends_go_behind_those_that_the_same_process_has_in_hand;
    hot_races:
        many_commit_on_the_same_addresses,
        sends_that_are_settled_beside_commits_leave_none_behind;
    hot_statuses:
        a_state_goes_up_and_never_down,
        a_status_tells_what_became_of_an_unknown_send,
        a_status_before_the_settlement_wins,
        a_failure_reaches_the_session_that_wants_it;
    hot_timers:
        a_timer_fires_once_and_its_turn_consumes_it,
        a_session_expires_at_its_deadline,
        events_are_remembered_for_eight_days;
    retention:
        conversations_leave_after_their_days,
        whom_we_know_stays_and_goes_on_where_it_was,
        nothing_leaves_that_is_kept_for_ever,
        more_than_fits_leaves_in_parts,
        an_ended_session_remembers_no_variables,
        problems_and_changes_have_limits_of_their_own;
    hot_waiting:
        what_waits_is_due_once_it_is_let_in,
        a_heap_that_waits_stands_before_nobody,
        what_was_taken_in_vain_waits_as_it_stood,
        what_comes_behind_one_that_waits_waits_with_it;
    statistics:
        what_is_folded_and_what_is_not_add_up,
        two_who_fold_at_once_count_nothing_twice;
}

/// Every function that takes a store is in the list, and every file is in a module.
#[test]
fn no_case_is_forgotten() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/conformance");
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let module = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if matches!(module.as_str(), "mod" | "stage") {
            continue;
        }
        let (_, listed) =
            CASES.iter().find(|(name, _)| *name == module).unwrap_or_else(|| panic!("{module} is not listed"));
        for line in std::fs::read_to_string(&path).unwrap().lines() {
            let case =
                line.strip_prefix("pub(crate) async fn ").and_then(|rest| rest.strip_suffix("(store: &Store) {"));
            assert!(
                case.is_none_or(|case| listed.contains(&case)),
                "{module}::{} is not listed",
                case.unwrap_or_default()
            );
        }
    }
}

//! What must not be in any log, each thing with words that stand nowhere else.

pub const PHONE: &str = "27825550173";
pub const NAME: &str = "Ottoline Marchbanks";
pub const ORDER: &str = "order-of-ottoline-77";
pub const LOST_ORDER: &str = "order-of-ottoline-78";
pub const STATUS: &str = "in the arms of an octopus";
pub const API_WORDS: &str = "the api spilled its beans";
pub const VISITOR: &str = "visitor-with-a-mask-0001";
pub const PSST: &str = "psst, a word in your ear";
pub const STRANGER: &str = "27825550666";

pub const ADMIN: &str = "augusta@bracknell.example";
pub const ADMIN_NAME: &str = "Augusta Bracknell";
pub const PASSWORD: &str = "a handbag at victoria station";
pub const WRONG_PASSWORD: &str = "a cloakroom at worthing";
pub const GUEST: &str = "algernon@moncrieff.example";
pub const GUEST_PASSWORD: &str = "cucumber sandwiches at five";
pub const NEW_PASSWORD: &str = "muffins are eaten calmly";
pub const NOBODY: &str = "bunbury@nowhere.example";

pub const ACCESS_TOKEN: &str = "EAAG-bosie-0001";
pub const OTHER_TOKEN: &str = "EAAG-bosie-0002";
pub const APP_SECRET: &str = "appsecret-earnest-0001";
pub const API_TOKEN: &str = "bearer-prism-0001";
pub const API_USER: &str = "chasuble-user";
pub const API_PASSWORD: &str = "chasuble-password-0001";
pub const DESK_TOKEN: &str = "desk-token-lane-0001";
pub const METRICS_TOKEN: &str = "metrics-token-merriman-0001";
pub const OTLP_KEY: &str = "otlp-key-gwendolen-0001";
pub const WRONG_KEY: &str = "usk_wrong-key-of-a-script-0001";

/// Returns all of it, named.
pub fn all() -> Vec<(&'static str, String)> {
    let basic =
        base64::Engine::encode(&base64::engine::general_purpose::STANDARD, format!("{API_USER}:{API_PASSWORD}"));
    let told = [
        ("a customer's phone number", PHONE),
        ("a customer's name", NAME),
        ("a customer's first name", "Ottoline"),
        ("a customer's words", ORDER),
        ("a customer's words", LOST_ORDER),
        ("a customer's words", "hello from the aquarium"),
        ("what an API answered", STATUS),
        ("what an API answered with an error", API_WORDS),
        ("what a customer is told", "What can we do"),
        ("what a customer is asked", "Your order number"),
        ("a provider's id of a message", "wamid."),
        ("a visitor's id", VISITOR),
        ("a visitor's words", PSST),
        ("the number of somebody in a webhook that is refused", STRANGER),
        ("an administrator's address", "augusta"),
        ("an administrator's address", "bracknell"),
        ("an administrator's name", ADMIN_NAME),
        ("an administrator's password", PASSWORD),
        ("a wrong password", WRONG_PASSWORD),
        ("an invited person's address", "moncrieff"),
        ("an invited person's password", GUEST_PASSWORD),
        ("a new password", NEW_PASSWORD),
        ("the address of somebody who tries to come in", "bunbury"),
        ("a channel's access token", ACCESS_TOKEN),
        ("a channel's app secret", APP_SECRET),
        ("an API's token", API_TOKEN),
        ("an API's password", API_PASSWORD),
        ("a connection's token", DESK_TOKEN),
        ("the token of the measures", METRICS_TOKEN),
        ("a header for the collector", OTLP_KEY),
        ("a wrong API key", WRONG_KEY),
    ];
    let mut all: Vec<_> = told.into_iter().map(|(what, words)| (what, words.to_owned())).collect();
    all.push(("an API's password, as it is sent", basic));
    all
}

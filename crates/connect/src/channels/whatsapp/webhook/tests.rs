use serde_json::{Value as Json, json};
use usher_engine::event::SendFailureReason;
use usher_engine::message::{Inbound, MediaKind};

use super::*;
use crate::channels::Received;

/// Wraps the value of a change as Meta sends it.
fn webhook(value: &Json) -> Vec<u8> {
    json!({
        "object": "whatsapp_business_account",
        "entry": [{ "id": "102290129340398", "changes": [{ "field": "messages", "value": value }] }],
    })
    .to_string()
    .into_bytes()
}

fn value(list: &str, items: Json) -> Json {
    let mut value = json!({
        "messaging_product": "whatsapp",
        "metadata": { "display_phone_number": "15550783881", "phone_number_id": "106540352242922" },
        "contacts": [{ "profile": { "name": "Sheena Nelson" }, "wa_id": "16505551234" }],
    });
    value[list] = items;
    value
}

/// Makes a message of a type with its content.
fn message(kind: &str, content: Json) -> Json {
    let mut message =
        json!({ "from": "16505551234", "id": "wamid.HBgLMTY1MDU1NTEyMzQ", "timestamp": "1749416383", "type": kind });
    message[kind] = content;
    message
}

fn received(message: Json) -> Received {
    let mut inbox = parse(&webhook(&value("messages", Json::Array(vec![message]))));
    assert_eq!((inbox.messages.len(), &inbox.kept), (1, &Vec::new()), "the message is read");
    inbox.messages.remove(0)
}

fn inbound(kind: &str, content: Json) -> Inbound {
    received(message(kind, content)).message
}

#[test]
fn a_text_comes_with_who_when_and_where() {
    let mut text = message("text", json!({ "body": "Does it come in another colour? 🎈 مرحبا" }));
    text["context"] = json!({ "from": "15550783881", "id": "wamid.earlier" });
    assert_eq!(
        received(text),
        Received {
            account: "106540352242922".to_owned(),
            address: "16505551234".to_owned(),
            phone: Some("16505551234".to_owned()),
            name: Some("Sheena Nelson".to_owned()),
            provider_id: "wamid.HBgLMTY1MDU1NTEyMzQ".to_owned(),
            at: Some("2025-06-08T20:59:43Z".parse().expect("a time")),
            message: Inbound::Text { text: "Does it come in another colour? 🎈 مرحبا".to_owned() },
            reply_to: Some("wamid.earlier".to_owned()),
        }
    );
}

#[test]
fn taps_carry_the_id_that_was_sent() {
    let tap = |id: &str, title: &str| Inbound::Tap { id: id.to_owned(), title: title.to_owned() };
    let button =
        json!({ "type": "button_reply", "button_reply": { "id": "s1.1.order", "title": "Where is my order?" } });
    assert_eq!(inbound("interactive", button), tap("s1.1.order", "Where is my order?"));
    let row = json!({ "type": "list_reply", "list_reply": { "id": "s1.1.talk", "title": "Talk to us", "description": "9 to 5" } });
    assert_eq!(inbound("interactive", row), tap("s1.1.talk", "Talk to us"));
    assert_eq!(inbound("button", json!({ "payload": "YES", "text": "Yes, please" })), tap("YES", "Yes, please"));
}

#[test]
fn every_kind_of_file_is_read() {
    let file = json!({
        "id": "1003383421387256", "mime_type": "application/pdf", "sha256": "SfInY0gGKTsJlUWbwxC1k+FAD0FZHvzwfpvO0zX0GUI=",
        "caption": "my receipt", "filename": "receipt.pdf", "url": "https://lookaside.fbsbx.com/whatsapp_business/1"
    });
    for (kind, media) in [
        ("image", MediaKind::Image),
        ("audio", MediaKind::Audio),
        ("video", MediaKind::Video),
        ("document", MediaKind::Document),
        ("sticker", MediaKind::Sticker),
    ] {
        let expected = Inbound::Media {
            media,
            reference: "1003383421387256".to_owned(),
            mime_type: Some("application/pdf".to_owned()),
            caption: Some("my receipt".to_owned()),
            file_name: Some("receipt.pdf".to_owned()),
        };
        assert_eq!(inbound(kind, file.clone()), expected);
    }
    let bare = inbound("sticker", json!({ "id": "9", "animated": true, "caption": null }));
    assert!(matches!(bare, Inbound::Media { mime_type: None, caption: None, file_name: None, .. }));
}

#[test]
fn a_place_keeps_its_digits() {
    let place = json!({ "latitude": 37.442_16, "longitude": -122.161_6, "name": "Philz", "address": null });
    let expected = Inbound::Location {
        latitude: "37.44216".to_owned(),
        longitude: "-122.1616".to_owned(),
        name: Some("Philz".to_owned()),
        address: None,
    };
    assert_eq!(inbound("location", place), expected);
}

#[test]
fn cards_orders_forms_and_reactions_are_read() {
    let cards =
        json!([{ "name": { "formatted_name": "Barbara J. Johnson" }, "phones": [{ "phone": "+1 650 555 9999" }] }]);
    assert_eq!(
        inbound("contacts", cards.clone()),
        Inbound::Contacts { contacts: cards.as_array().expect("a list").clone() }
    );

    let items = json!([{ "product_retailer_id": "di9ozbzfi4", "quantity": 2, "item_price": 30, "currency": "USD" }]);
    let order = json!({ "catalog_id": "194836987003835", "text": "Love these!", "product_items": items });
    assert_eq!(inbound("order", order.clone()), Inbound::Order { order });

    let answers = r#"{"flow_token":"unused","size":"M"}"#;
    let form =
        json!({ "type": "nfm_reply", "nfm_reply": { "name": "flow", "body": "Sent", "response_json": answers } });
    assert_eq!(inbound("interactive", form), Inbound::Form { answers: json!({ "flow_token": "unused", "size": "M" }) });

    let reaction = |emoji: &str| Inbound::Reaction { message: "wamid.x".to_owned(), emoji: emoji.to_owned() };
    assert_eq!(inbound("reaction", json!({ "message_id": "wamid.x", "emoji": "👍" })), reaction("👍"));
    assert_eq!(
        inbound("reaction", json!({ "message_id": "wamid.x" })),
        reaction(""),
        "without an emoji it is taken back"
    );
}

#[test]
fn what_usher_has_no_word_for_is_a_message_all_the_same() {
    let mut unsupported = message("unsupported", Json::Null);
    unsupported["errors"] = json!([{ "code": 131051, "title": "Message type unknown" }]);
    assert_eq!(received(unsupported).message, Inbound::Other { r#type: "unsupported".to_owned() });
    assert_eq!(inbound("hologram", json!({ "x": 1 })), Inbound::Other { r#type: "hologram".to_owned() });
    let reply = json!({ "type": "payment_reply", "payment_reply": {} });
    assert_eq!(inbound("interactive", reply), Inbound::Other { r#type: "interactive payment_reply".to_owned() });
}

#[test]
fn a_customer_without_a_phone_number_has_the_user_id_for_address() {
    let value = json!({
        "metadata": { "phone_number_id": "106540352242922" },
        "contacts": [{ "profile": { "name": "Ann", "username": "ann.k" }, "user_id": "US.13491208655302741918" }],
        "messages": [{ "from_user_id": "US.13491208655302741918", "id": "wamid.u", "timestamp": "1749416383", "type": "text", "text": { "body": "hi" } }],
    });
    let inbox = parse(&webhook(&value));
    let [received] = inbox.messages.as_slice() else { panic!("one message: {inbox:?}") };
    assert_eq!(received.address, "US.13491208655302741918");
    assert_eq!((received.phone.as_deref(), received.name.as_deref()), (None, Some("Ann")));
}

#[test]
fn the_user_id_is_found_where_only_the_card_has_it() {
    let value = json!({
        "metadata": { "phone_number_id": "1" },
        "contacts": [{ "profile": { "username": "ann.k" }, "user_id": "ZA.4711" }],
        "messages": [{ "id": "wamid.u", "timestamp": 1749416383, "type": "text", "text": { "body": "" } }],
    });
    let inbox = parse(&webhook(&value));
    let [received] = inbox.messages.as_slice() else { panic!("one message: {inbox:?}") };
    assert_eq!((received.address.as_str(), received.name.as_deref()), ("ZA.4711", Some("ann.k")));
    assert_eq!(received.message, Inbound::Text { text: String::new() }, "an empty text is a message");
}

#[test]
fn names_go_with_their_own_customer() {
    let mut two = value("messages", json!([message("text", json!({ "body": "hi" }))]));
    two["contacts"] = json!([{ "profile": { "name": "Other" }, "wa_id": "1" }, { "profile": { "name": "Sheena" }, "wa_id": "16505551234" }]);
    assert_eq!(parse(&webhook(&two)).messages[0].name.as_deref(), Some("Sheena"));
    two["contacts"] = json!([{ "profile": { "name": "Other" }, "wa_id": "1" }]);
    assert_eq!(parse(&webhook(&two)).messages[0].name, None, "another's name is nobody's");
    two["contacts"] = Json::Null;
    assert_eq!(parse(&webhook(&two)).messages[0].name, None);
}

#[test]
fn a_new_number_is_a_move_and_no_message() {
    let mut note =
        message("system", json!({ "body": "User changed", "wa_id": "16505550000", "type": "user_changed_number" }));
    note["from"] = json!("16505551234");
    let inbox = parse(&webhook(&value("messages", json!([note]))));
    let [moved] = inbox.moves.as_slice() else { panic!("one move: {inbox:?}") };
    assert_eq!((moved.from.as_str(), moved.to.as_str()), ("16505551234", "16505550000"));
    assert!(inbox.messages.is_empty());
    let other = message("system", json!({ "body": "Security code changed", "type": "customer_identity_changed" }));
    assert_eq!(parse(&webhook(&value("messages", json!([other])))).ignored, ["system customer_identity_changed"]);
}

#[test]
fn one_bad_message_leaves_the_others() {
    let mut bad = message("text", json!({ "body": 7 }));
    bad["id"] = json!("wamid.bad");
    let good = message("text", json!({ "body": "hi" }));
    let nameless = json!({ "type": "text", "id": "wamid.n", "text": { "body": "who?" } });
    let mut value = value("messages", json!([bad, good, 42, nameless]));
    value["contacts"] = json!([]);
    let inbox = parse(&webhook(&value));
    assert_eq!(inbox.messages.len(), 1);
    let reasons: Vec<_> = inbox.kept.iter().map(|kept| kept.reason.as_str()).collect();
    assert_eq!(
        reasons,
        [
            "`text.body` is missing or of another type",
            "`type` is no text",
            "neither `from` nor `from_user_id` says who sent it"
        ]
    );
    assert_eq!(inbox.kept[0].json["messages"][0]["id"], "wamid.bad");
    assert_eq!(inbox.kept[0].json["metadata"]["phone_number_id"], "106540352242922", "enough to be read again");
}

#[test]
fn one_bad_entry_leaves_the_others() {
    let good =
        json!({ "field": "messages", "value": value("messages", json!([message("text", json!({ "body": "hi" }))])) });
    let body = json!({
        "object": "whatsapp_business_account",
        "entry": [
            { "id": "1", "changes": "none" },
            { "id": "1", "changes": [{ "value": {} }, { "field": "messages", "value": [] }, { "field": "account_update", "value": {} }, good] },
            null,
            { "id": "1", "changes": [{ "field": "messages", "value": value("messages", json!({ "no": "list" })) }] },
        ],
    });
    let inbox = parse(body.to_string().as_bytes());
    assert_eq!((inbox.messages.len(), inbox.kept.len()), (1, 5));
    assert_eq!(inbox.ignored, ["account_update"]);
}

#[test]
fn several_numbers_share_a_callback() {
    let for_number = |number: &str| {
        let mut value = value("messages", json!([message("text", json!({ "body": number }))]));
        value["metadata"]["phone_number_id"] = json!(number);
        json!({ "field": "messages", "value": value })
    };
    let body = json!({
        "object": "whatsapp_business_account",
        "entry": [{ "id": "1", "changes": [for_number("111"), for_number("222")] }, { "id": "2", "changes": [for_number("333")] }],
    });
    let inbox = parse(body.to_string().as_bytes());
    let accounts: Vec<_> = inbox.messages.iter().map(|received| received.account.as_str()).collect();
    assert_eq!(accounts, ["111", "222", "333"]);
}

#[test]
fn what_is_no_webhook_is_kept_whole() {
    for (body, reason) in [
        (&b"not json"[..], "the webhook is no JSON: expected ident at line 1 column 2"),
        (b"", "the webhook is no JSON: EOF while parsing a value at line 1 column 0"),
        (b"\xff\xfe", "the webhook is no JSON: expected value at line 1 column 1"),
        (b"[]", "`object` is null, not \"whatsapp_business_account\""),
        (br#"{"object":"page","entry":[]}"#, "`object` is \"page\", not \"whatsapp_business_account\""),
        (br#"{"object":"whatsapp_business_account"}"#, "`entry` is no list"),
    ] {
        let inbox = parse(body);
        let [kept] = inbox.kept.as_slice() else { panic!("one thing is kept: {inbox:?}") };
        assert_eq!(kept.reason, reason);
    }
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(parse(deep.as_bytes()).kept.len(), 1, "a deep one ends neither the stack nor the process");
}

#[test]
fn statuses_tell_what_became_of_which_send() {
    let status = |state: &str| {
        json!({
            "id": "wamid.sent", "status": state, "timestamp": "1750030073", "recipient_id": "16505551234",
            "biz_opaque_callback_data": "0f-2", "conversation": { "id": "c", "origin": { "type": "service" } },
            "pricing": { "billable": true, "pricing_model": "PMP", "type": "regular", "category": "service" },
        })
    };
    let all = json!([status("read"), status("sent"), status("delivered"), status("played"), status("teleported")]);
    let inbox = parse(&webhook(&value("statuses", all)));
    let states: Vec<_> = inbox.statuses.iter().map(|status| status.state).collect();
    assert_eq!(
        states,
        [Delivery::Read, Delivery::Sent, Delivery::Delivered, Delivery::Played],
        "in the order in which they came"
    );
    assert_eq!(inbox.ignored, ["status teleported"]);
    let first = &inbox.statuses[0];
    assert_eq!(
        (
            first.provider_id.as_str(),
            first.effect.as_ref().map(EffectId::as_str),
            first.address.as_deref(),
            &first.failure
        ),
        ("wamid.sent", Some("0f-2"), Some("16505551234"), &None)
    );
}

#[test]
fn a_failed_status_says_why_and_may_concern_the_account() {
    let failed = |code: i64, details: &str| {
        let error = json!({ "code": code, "title": "x", "message": "x", "error_data": { "details": details } });
        let status =
            json!({ "id": "wamid.s", "status": "failed", "timestamp": "1", "recipient_id": "1", "errors": [error] });
        parse(&webhook(&value("statuses", json!([status]))))
    };
    let inbox = failed(131047, "Message failed to send because more than 24 hours have passed.");
    let failure = inbox.statuses[0].failure.clone().expect("it failed");
    assert_eq!((failure.reason, failure.code.as_deref()), (SendFailureReason::WindowClosed, Some("131047")));
    assert!(inbox.problems.is_empty(), "one customer's window is no problem of the account");

    let inbox = failed(131042, "No payment method.");
    assert_eq!(inbox.statuses[0].failure.as_ref().expect("it failed").reason, SendFailureReason::ChannelUnavailable);
    assert_eq!((inbox.problems.len(), inbox.problems[0].account.as_deref()), (1, Some("106540352242922")));

    let bare = json!([{ "id": "wamid.s", "status": "failed", "timestamp": "1", "recipient_id": "1" }]);
    let inbox = parse(&webhook(&value("statuses", bare)));
    assert!(inbox.statuses[0].failure.is_some(), "a failure without an error is a failure");
}

#[test]
fn errors_of_the_account_come_as_problems() {
    let errors = json!([{ "code": 131031, "title": "Account locked", "error_data": { "details": "It is locked." } }]);
    let inbox = parse(&webhook(&value("errors", errors)));
    assert_eq!(inbox.problems[0].code.as_deref(), Some("131031"));
    assert_eq!(inbox.problems[0].message, "Meta has locked the account (Meta 131031: It is locked.)");
}

#[test]
fn the_signature_is_that_of_the_bytes() {
    // Computed with: printf %s "$body" | openssl dgst -sha256 -hmac shh
    let body = br#"{"object":"whatsapp_business_account","entry":[]}"#;
    let signature = "sha256=59e038e5780661a8d23764e64d3bcede1d0e863c27526c2b8132b5c40b18b199";
    assert_eq!(authenticate(signature, body, b"shh"), Ok(()));
    assert_eq!(authenticate(&signature.to_uppercase().replace("SHA256", "sha256"), body, b"shh"), Ok(()));
    let spaced = br#"{"object": "whatsapp_business_account","entry":[]}"#;
    assert_eq!(
        authenticate(signature, spaced, b"shh"),
        Err(Refusal::WrongSignature),
        "the same JSON is not the same bytes"
    );
    assert_eq!(authenticate(signature, body, b"other"), Err(Refusal::WrongSignature));
    for wrong in ["", "sha256=", "sha1=00", "sha256=zz", &signature[..20], &format!("{signature}00")] {
        assert_eq!(authenticate(wrong, body, b"shh"), Err(Refusal::WrongSignature), "{wrong}");
    }
}

#[test]
fn the_callback_is_verified_by_its_token() {
    let query = |mode: &str, token: &str| {
        [("hub.mode", mode), ("hub.verify_token", token), ("hub.challenge", "1158201444")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
    };
    assert_eq!(verify(&query("subscribe", "apples"), "apples"), Ok("1158201444".to_owned()));
    assert_eq!(verify(&query("subscribe", "pears"), "apples"), Err(Refusal::WrongToken));
    assert_eq!(verify(&query("subscribe", ""), ""), Err(Refusal::WrongToken), "no token opens no door");
    assert_eq!(verify(&query("unsubscribe", "apples"), "apples"), Err(Refusal::NotAVerification));
    assert_eq!(verify(&[], "apples"), Err(Refusal::NotAVerification));
}

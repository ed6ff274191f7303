use crate::server::TestServer;

#[tokio::test]
async fn every_page_is_the_editor_under_a_strict_policy() {
    let server = TestServer::start().await;
    let mut anybody = server.anybody();
    for path in ["/", "/login", "/w/shop/sandbox/workflows"] {
        let answer = anybody.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert!(answer.header("content-type").starts_with("text/html"), "{path}");
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("script-src 'self';") && policy.contains("frame-ancestors 'none'"), "{policy}");
    }
}

#[tokio::test]
async fn a_missing_file_is_no_page() {
    let server = TestServer::start().await;
    server.anybody().get("/assets/last-week.js").await.problem(404, "not_found");
    server.anybody().post("/login", serde_json::json!({})).await.problem(405, "method_not_allowed");
}

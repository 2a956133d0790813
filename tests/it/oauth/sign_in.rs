//! An owner who has to sign in elsewhere before the page is shown.

use super::flow::{Page, encoded, page, register, seen, wanted};
use crate::harness::{House, OWNER, request};
use crate::sign_in::{at, open, send};
use http::header;

/// As a browser that was away for the sake of this page.
async fn comes_back(house: &House, query: &str, back: &str) -> Page {
    let mut back_from = request("GET", &format!("/signed-in?{query}"), None, None);
    back_from.headers_mut().insert(header::COOKIE, format!("away={back}").parse().unwrap());
    seen(house, back_from).await
}

fn cookies(page: &Page) -> Vec<&str> {
    page.headers.get_all(header::SET_COOKIE).iter().map(|cookie| cookie.to_str().unwrap()).collect()
}

#[tokio::test]
async fn the_page_leads_to_where_owners_sign_in_and_they_come_back_to_it() {
    let house = House::new();
    let client = register(&house).await;
    let nobody = page(&house, &wanted(&client), None).await;
    let back = format!("/consent?{}", encoded(&wanted(&client)));
    let link = format!("http://larder.test/sign-in/begin?{}", encoded(&[("back", back.as_str())]));
    assert!(nobody.text.contains(&format!("<a href=\"{link}\">Sign in</a>")), "{}", nobody.text);
    let away =
        seen(&house, request("GET", link.strip_prefix("http://larder.test").unwrap(), None, None)).await;
    assert_eq!((away.status, away.location().as_deref()), (303, Some("https://issuer.example/")));
    assert_eq!(cookies(&away), [format!("away={back}; Lax")]);

    let arrived = comes_back(&house, OWNER, "/consent?client_id=a&state=b").await;
    assert_eq!(
        (arrived.status, arrived.location()),
        (200, None),
        "another page, so that the cookie comes along"
    );
    assert!(arrived.text.contains("content=\"0; url=/consent?client_id=a&#38;state=b\""), "{}", arrived.text);
    assert_eq!(cookies(&arrived), ["session=1; Strict", "away=; Lax"]);
    let noted = house.call("GET", "/audit/logs?action=owner.signed_in", OWNER, None).await;
    assert_eq!(noted.body["data"].as_array().unwrap().len(), 1, "{}", noted.body);
}

#[tokio::test]
async fn nobody_is_sent_on_to_another_place() {
    let house = House::new();
    for back in [
        "https://evil.example/consent?a",
        "//evil.example/consent?a",
        "/\\evil.example/consent?a",
        "\\\\evil.example",
        "/consent",
        "/consent@evil.example?a",
        "/consent/../x?a",
        " /consent?a",
        "/connections",
        "consent?a",
        "javascript:alert(1)",
        "",
    ] {
        let query = encoded(&[("back", back)]);
        let answer = house.send(request("GET", &format!("/sign-in/begin?{query}"), None, None)).await;
        answer.is_problem(400);
        assert_eq!(answer.body["errors"][0]["pointer"], "?back", "{back}");
        assert!(!answer.headers.contains_key(header::SET_COOKIE));
    }
    for query in ["", "?back", "?back=/consent?a&back=/consent?b"] {
        house.send(request("GET", &format!("/sign-in/begin{query}"), None, None)).await.is_problem(400);
    }
}

#[tokio::test]
async fn who_is_not_vouched_for_is_told_so_and_given_nothing() {
    let house = House::new();
    let told = comes_back(&house, "nobody", "/consent?a").await;
    assert!(told.status == 400 && told.text.contains("You could not be signed in"), "{}", told.text);
    assert!(cookies(&told).is_empty());
    let never_left = seen(&house, request("GET", &format!("/signed-in?{OWNER}"), None, None)).await;
    assert!(never_left.status == 400 && cookies(&never_left).is_empty());
    let done = house.call("POST", "/owner/sign-out-everywhere", OWNER, None).await;
    assert_eq!(done.status, 204, "{}", done.body);
    let before = comes_back(&house, OWNER, "/consent?a").await;
    assert!(
        before.status == 400 && cookies(&before).is_empty(),
        "a sign-in from before the owner signed out"
    );
}

#[tokio::test]
async fn on_a_laptop_nobody_signs_in_elsewhere() {
    let (host, _, _folder) = open();
    for path in ["/sign-in/begin?back=/consent?a", "/signed-in?code=a&state=b"] {
        let (status, ..) = send(&host, at("GET", path), "").await;
        assert_eq!(status, 404, "{path}");
    }
}

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use super::testing::registry;
use super::*;

fn site(files: &[(&str, &str)], inspector: bool) -> Site {
    let options = Options {
        project: "shop".to_owned(),
        version: "1.2.3".to_owned(),
        source: true,
        inspector,
        hidden: true,
    };
    Site::new(registry(files), options)
}

fn body(site: &Site, path: &str) -> String {
    site.page(path).unwrap().unwrap().body
}

/// What the attributes `href` and `src` of a page say.
fn links(body: &str) -> BTreeSet<String> {
    let parts = ["href=\"", "src=\""].into_iter().flat_map(|key| body.split(key).skip(1));
    parts.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

const HOSTILE: &str = r#"
tool:
  name: "a/b <script>alert('1')</script> \"x\""
  description: "<script>alert(2)</script> & `</code><b>`\n\n<img src=x onerror=alert(3)>"
  tags: ["<i>", "\" onclick=\"x"]
  annotations: {title: "</title><script>alert(4)</script>"}
  parameters:
    - {name: "p", type: string, enum: ["<u>", "'\""], description: "<svg onload=x>", examples: ["<u>"]}
  source: {code: "SELECT '</pre><script>alert(5)</script>'"}
  policies: {input: [{condition: "p == '<b>'", action: deny, reason: "<blink>"}]}
  tests: [{name: "<t>", arguments: [{key: p, value: "<u>"}], result: {"<k>": "</script>"}}]
"#;

const HOSTILE_RESOURCE: &str = r#"
resource:
  uri: "x://a\"><img/src=x/onerror=alert(6)>/{id}"
  name: "<img src=x onerror=alert(7)>"
  mime_type: "text/<b>"
  parameters: [{name: id, schema: {type: object, properties: {"<i>": {description: "<svg onload=x>", enum: ["<u>"]}}}}]
  source: {code: "SELECT $id"}
"#;

const HOSTILE_PROMPT: &str = r#"
prompt:
  name: p
  messages:
    - {role: system, prompt: "<script>alert(8)</script>"}
    - {type: image, prompt: "data:image/png;base64,AA\"><script>alert(9)</script>"}
    - {type: resource, prompt: "<img src=x onerror=alert(10)>"}
  tests: [{name: t, arguments: [], error: "<i>"}, {name: u, arguments: [], denied: "<u>"}]
"#;

fn hostile() -> Site {
    site(
        &[
            ("tools/hostile.yml", HOSTILE),
            ("resources/hostile.yml", HOSTILE_RESOURCE),
            ("prompts/hostile.yml", HOSTILE_PROMPT),
        ],
        true,
    )
}

#[test]
fn nothing_that_an_author_writes_becomes_markup() {
    let site = hostile();
    assert_eq!(site.paths().filter(|path| path.contains('/') && path.ends_with(".html")).count(), 3);
    for page in site.render().unwrap() {
        if page.content_type != HTML {
            continue;
        }
        let allowed = page.body.matches("<script").count();
        let own = page.body.matches("<script src=\"").count()
            + page.body.matches("<script type=\"module\" src=\"").count();
        assert_eq!(allowed, own, "{}", page.body);
        for foreign in [
            "<img src=x",
            "<img/src",
            "<i>",
            "<u>",
            "<svg",
            "<b>",
            "<blink",
            "<t>",
            "onclick=\"x",
            "</title><",
        ] {
            assert!(!page.body.contains(foreign), "{foreign} in {}: {}", page.path, page.body);
        }
    }
}

#[test]
fn pages_have_neither_scripts_nor_styles_nor_handlers_inside() {
    let site = hostile();
    for page in site.render().unwrap().iter().filter(|page| page.content_type == HTML) {
        for inline in ["<style", " style=", " onload=\"", " onclick=\"", "javascript:", "<script>"] {
            assert!(!page.body.contains(inline), "{inline} in {}", page.path);
        }
    }
}

#[test]
fn every_link_leads_to_a_page_of_the_site() {
    for inspector in [false, true] {
        let site = site(&project(), inspector);
        let paths: BTreeSet<&str> = site.paths().collect();
        for page in site.render().unwrap().iter().filter(|page| page.content_type == HTML) {
            for link in links(&page.body) {
                let (target, fragment) = link.split_once('#').unwrap_or((&link, ""));
                let folder = page.path.rsplit_once('/').map_or("", |(folder, _)| folder);
                let target = match target.strip_prefix("../") {
                    Some(rest) => rest.to_owned(),
                    None if target.is_empty() => page.path.clone(),
                    None if folder.is_empty() => target.to_owned(),
                    None => format!("{folder}/{target}"),
                };
                assert!(paths.contains(target.as_str()), "{link} in {}", page.path);
                if !fragment.is_empty() && target != "inspector" {
                    let anchor = format!("id=\"{fragment}\"");
                    assert!(body(&site, &target).contains(&anchor), "{link} in {}", page.path);
                }
            }
        }
    }
}

#[test]
fn only_a_served_site_has_an_inspector() {
    let (folder, served) = (site(&project(), false), site(&project(), true));
    assert!(
        !folder
            .render()
            .unwrap()
            .iter()
            .any(|page| page.path.contains("inspector") || page.body.contains("inspector\""))
    );
    assert!(body(&served, "tools/find_orders.html").contains("href=\"../inspector#tool/find_orders\""));
}

#[test]
fn implementations_are_shown_on_request_only() {
    let mut site = site(&project(), false);
    assert!(body(&site, "tools/find_orders.html").contains("SELECT order_id"));
    site.options.source = false;
    assert!(!body(&site, "tools/find_orders.html").contains("SELECT order_id"));
}

#[test]
fn values_of_what_is_sensitive_are_shown_nowhere() {
    let tool = "
tool:
  name: login
  parameters:
    - {name: pin, type: string, sensitive: true, default: HUSH-1, examples: [HUSH-2], enum: [HUSH-1, HUSH-2]}
    - {name: who, type: object, properties: {key: {type: string, sensitive: true, examples: [HUSH-3]}}, default: {key: HUSH-4}}
    - {name: raw, sensitive: true, schema: {type: object, properties: {key: {const: HUSH-12}}, examples: [{key: HUSH-13}]}}
  return: {type: array, items: {type: object, properties: {token: {type: string, sensitive: true}, day: {type: string}}}}
  source: {code: SELECT 1}
  tests:
    - name: t
      arguments: [{key: pin, value: HUSH-5}, {key: who, value: {key: HUSH-6}}]
      result: [{token: HUSH-7, day: monday}]
      result_contains: {token: HUSH-8}
      result_contains_item: {token: HUSH-9}
      result_contains_all: [{token: HUSH-10}]
      result_contains_text: HUSH-11
";
    let site = site(&[("tools/login.yml", tool)], false);
    let body = body(&site, "tools/login.html");
    assert!(body.contains("monday") && body.contains("[REDACTED]"), "{body}");
    assert!(!body.contains("HUSH"), "{body}");
}

#[test]
fn what_hides_from_callers_is_shown_to_the_author_only() {
    let hiding = "tool: {name: secret, tags: [covert], source: {code: SELECT 1}, \
        policies: {hide: true, input: [{condition: 'true', action: deny}]}}";
    let registry = registry(&[("tools/secret.yml", hiding)]);
    let pages = |hidden| {
        let options = Options {
            project: "shop".to_owned(),
            version: "1.2.3".to_owned(),
            source: true,
            inspector: false,
            hidden,
        };
        Site::new(Arc::clone(&registry), options)
    };
    let author = pages(true);
    assert!(body(&author, "index.html").contains("tools/secret.html"));
    assert!(body(&author, "tools/secret.html").contains("is not told that this tool exists"));
    let served = pages(false);
    assert!(served.page("tools/secret.html").is_none());
    let index = body(&served, "index.html");
    assert!(!index.contains("secret") && !index.contains("covert"), "{index}");
}

#[test]
fn a_project_without_endpoints_says_so() {
    let site = site(&[], false);
    assert!(body(&site, "index.html").contains("This project has no endpoints yet."));
}

fn project() -> [(&'static str, &'static str); 3] {
    [
        ("tools/find_orders.yml", include_str!("../../tests/project/tools/find_orders.yml")),
        ("resources/order.yml", include_str!("../../tests/project/resources/order.yml")),
        ("prompts/review.yml", include_str!("../../tests/project/prompts/review.yml")),
    ]
}

/// `BLESS=1` writes the pages that are expected; the difference is for reading.
#[test]
fn the_whole_site_is_as_expected() {
    let folder = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("tests/expected");
    let site = site(&project(), true);
    for page in site.render().unwrap().iter().filter(|page| page.content_type == HTML) {
        let mut file = folder.join(&page.path);
        file.set_extension("html");
        if std::env::var_os("BLESS").is_some() {
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(&file, &page.body).unwrap();
        }
        let expected = fs::read_to_string(&file).unwrap_or_default();
        assert!(page.body == expected, "{} differs; BLESS=1 writes it anew:\n{}", file.display(), page.body);
    }
}

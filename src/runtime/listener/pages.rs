//! The pages, small and neutral: nothing of a sign-in stands in them, and nothing is loaded for them.

/// A page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Page {
    sign: &'static str,
    title: &'static str,
    text: &'static str,
    /// What the page does by itself.
    pub(super) script: Option<&'static str>,
}

pub(super) const ARRIVED: Page = Page {
    sign: "\u{2713}",
    title: "The browser's part is done",
    text: "Close this tab and go back to the terminal. What came of the sign-in stands there.",
    script: None,
};

pub(super) const ARRIVED_BEFORE: Page = Page {
    sign: "\u{2713}",
    title: "This has arrived already",
    text: "Close this tab and go back to the terminal.",
    script: None,
};

pub(super) const NO_LONGER: Page = Page {
    sign: "\u{2013}",
    title: "This address leads nowhere any more",
    text: "It works once. Close this tab and go back to the terminal: there a new one can be had.",
    script: None,
};

pub(super) const NOT_AWAITED: Page = Page {
    sign: "!",
    title: "This is not what is waited for",
    text: "Nothing was taken from it. Close this tab and go back to the terminal: the sign-in is still open there.",
    script: None,
};

pub(super) const NOT_FOUND: Page = Page {
    sign: "\u{2013}",
    title: "Nothing is here",
    text: "Close this tab and go back to the terminal.",
    script: None,
};

/// The fragment stays in the browser, so the page posts it; the address loses it first.
pub(super) const SEND_FRAGMENT_BACK: Page = Page {
    sign: "\u{2026}",
    title: "One moment",
    text: "If this page stays, copy its whole address into the terminal; then close this tab.",
    script: Some(
        "const given=location.hash.slice(1);\
         if(given){\
         history.replaceState(null,'',location.pathname);\
         const form=document.createElement('form');\
         form.method='post';form.action=location.pathname;\
         for(const [name,value] of new URLSearchParams(given)){\
         const field=document.createElement('input');\
         field.type='hidden';field.name=name;field.value=value;form.append(field);}\
         document.body.append(form);HTMLFormElement.prototype.submit.call(form);}",
    ),
};

/// Follows the browser's light or dark.
pub(super) const STYLE: &str = ":root{color-scheme:light dark;--ink:#1c2430;--soft:#5b6675;--ground:#f3f5f8;\
--card:#fff;--line:#dde2ea;--sign:#0f7b6c}\
@media(prefers-color-scheme:dark){:root{--ink:#e8ecf2;--soft:#9aa6b6;--ground:#12161c;--card:#1a2029;\
--line:#2a323e;--sign:#4fc3b0}}\
*{box-sizing:border-box}\
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1.5rem;background:var(--ground);\
color:var(--ink);font:1rem/1.55 system-ui,sans-serif}\
main{width:100%;max-width:26rem;padding:2.25rem 2rem;background:var(--card);border:1px solid var(--line);\
border-radius:14px;text-align:center}\
.sign{width:3rem;height:3rem;margin:0 auto 1.1rem;border:2px solid var(--sign);border-radius:50%;\
color:var(--sign);font:600 1.4rem/2.8rem system-ui,sans-serif}\
h1{margin:0 0 .6rem;font-size:1.2rem;font-weight:600}\
p{margin:0;color:var(--soft)}\
small{display:block;margin-top:1.6rem;color:var(--soft);font-size:.8rem;letter-spacing:.04em}";

impl Page {
    /// Its HTML.
    pub(super) fn html(&self) -> String {
        let Self { sign, title, text, .. } = self;
        let script = self.script.map(|script| format!("<script>{script}</script>")).unwrap_or_default();
        format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
             <meta name=\"viewport\" content=\"width=device-width\"><style>{STYLE}</style></head><body><main>\
             <div class=\"sign\" aria-hidden=\"true\">{sign}</div><h1>{title}</h1><p>{text}</p>\
             <small>tokengauge</small></main>{script}</body></html>\n"
        )
    }
}

// Tabs on the page of a rule: the rule in C++, which the page has, and in the languages in which furl prints it, which are packed.
const furl_languages = { cpp: "C++", numpy: "NumPy", torch: "PyTorch", c: "C", cuda: "CUDA", opencl: "OpenCL" };

// The text of a rule, as support/languages.py packs it.
function furl_text(pack, rule) {
    return pack.rules[rule].map((line) => pack.lines[line]).join("\n").replaceAll("\x01", rule);
}

const furl_words = {
    python: "and|as|class|def|elif|else|for|from|if|import|in|is|None|not|or|return|self|True|False|with|while",
    c: "bool|break|char|const|continue|do|double|else|float|for|if|inline|int|long|NULL|return|sizeof|size_t|static|struct|template|typedef|" +
        "typename|uint|uint32_t|uint64_t|ulong|unsigned|void|while|__device__|__global__|__host__|__shared__",
};

// A text as HTML, with comments, strings and words of its language marked as in the code of the pages.
function furl_highlight(text, language) {
    const is_python = language === "numpy" || language === "torch";
    const comment = is_python ? /#.*|"""[^]*?"""/ : /\/\*[^]*?\*\/|\/\/.*/;
    const token = new RegExp(`(${comment.source})|("(?:\\\\.|[^"\\\\\\n])*")|\\b(${is_python ? furl_words.python : furl_words.c})\\b`, "g");
    const safe = (part) => part.replace(/&/g, "&amp;").replace(/</g, "&lt;");
    const mark = (tag, part) => `<${tag}>${safe(part).replaceAll("\n", `</${tag}>\n<${tag}>`)}</${tag}>`;
    let html = "", done = 0;
    for (const found of text.matchAll(token)) {
        html += safe(text.slice(done, found.index)) + mark(found[1] ? "i" : found[2] ? "u" : "b", found[0]);
        done = found.index + found[0].length;
    }
    return html + safe(text.slice(done));
}

async function furl_fill(panel, rule, language) {
    const paragraph = Object.assign(document.createElement("p"), { className: "quiet" });
    try {
        const pack = await furl_load(language);
        const reason = pack.reasons[rule];
        if (reason) {
            paragraph.innerHTML = `Not in ${furl_languages[language]}: <a href="errors.html#${reason.number}">${reason.number}</a>. `;
            paragraph.append(reason.text);
            return panel.replaceChildren(paragraph);
        }
        const type = language === "numpy" || language === "torch" ? "" : ", float";
        paragraph.innerHTML = `<code>furl::${language}&lt;furl::zoo::${rule}${type}&gt;()</code> prints this file; ` +
            `<a href="other_languages.html">how to use it</a>.`;
        const code = Object.assign(document.createElement("div"), { className: "fragment", tabIndex: 0 });
        code.innerHTML = furl_highlight(furl_text(pack, rule), language);
        panel.replaceChildren(paragraph, code);
        furl_code(code);
    } catch (error) {
        paragraph.textContent = error.message;
        panel.replaceChildren(paragraph);
    }
}

function furl_tabs(list) {
    const rule = list.dataset.rule;
    const code = [...document.querySelectorAll("div.fragment")].find((e) => list.compareDocumentPosition(e) & Node.DOCUMENT_POSITION_FOLLOWING);
    const first = code.closest(".doxygen-awesome-fragment-wrapper") ?? code;
    const tabs = {}, panels = {};

    // The choice is kept from page to page, where the browser keeps anything.
    const kept = (...value) => {
        try {
            return value.length ? localStorage.setItem("furl_language", value[0]) : localStorage.getItem("furl_language");
        } catch {
            return null;
        }
    };

    function open(language) {
        for (const name in tabs) {
            tabs[name].setAttribute("aria-selected", name === language);
            tabs[name].tabIndex = name === language ? 0 : -1;
            panels[name].hidden = name !== language;
        }
        if (!panels[language].hasChildNodes()) furl_fill(panels[language], rule, language);
    }

    function choose(language) {
        kept(language);
        open(language);
        tabs[language].focus();
    }

    list.setAttribute("role", "tablist");
    list.setAttribute("aria-label", "The rule in languages");
    const names = Object.keys(furl_languages);
    names.forEach((name, place) => {
        const tab = Object.assign(document.createElement("button"), { type: "button", id: `tab_${name}`, textContent: furl_languages[name] });
        const panel = Object.assign(document.createElement("div"), { id: `in_${name}` });
        for (const [key, value] of Object.entries({ role: "tab", "aria-controls": panel.id })) tab.setAttribute(key, value);
        for (const [key, value] of Object.entries({ role: "tabpanel", "aria-labelledby": tab.id })) panel.setAttribute(key, value);
        tab.addEventListener("click", () => choose(name));
        tab.addEventListener("keydown", (event) => {
            const to = { ArrowRight: place + 1, ArrowLeft: place - 1, Home: 0, End: -1 }[event.key];
            if (to === undefined) return;
            event.preventDefault();
            choose(names.at(to % names.length));
        });
        tabs[name] = tab;
        panels[name] = panel;
    });
    list.append(...Object.values(tabs));
    first.before(...Object.values(panels));
    panels.cpp.append(first);
    open(names.includes(kept()) ? kept() : "cpp");
}

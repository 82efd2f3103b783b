#!/usr/bin/env python3
"""The built site in a real browser: formulas are rendered, the search finds a name, tables sort and filter, rules compare, tabs show
what furl prints, dark and light differ, no page complains in its console, and none is wider than a phone or than paper.

usage: browser.py SITE_FOLDER SOURCES_PROGRAM [PICTURE_FOLDER]      77 (skipped) without a Chromium
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import chromium

SITE = pathlib.Path(sys.argv[1]).resolve()
results = []


def check(name, fine, why=""):
    results.append(fine)
    print(f"{'ok' if fine else 'not ok'} {len(results)} - {name}" + ("" if fine else f"\n# {why}"), flush=True)


def url(page):
    return f"file://{SITE}/{page}"


def pages_of_all_kinds():
    """All pages of the site but those of Doxygen's lists; of the reference each tenth."""
    names = sorted(path.name for path in SITE.glob("*.html"))
    own = [name for name in names if not name.startswith(("struct", "class", "concept", "namespace", "functions", "globals", "union"))]
    return own + [name for name in names if name not in own][::10]


OVERFLOW = """(() => {
    const width = document.documentElement.clientWidth, wide = [];
    const scrolls = (e) => { for (; e; e = e.parentElement) { const s = getComputedStyle(e);
        if (/auto|scroll|hidden/.test(s.overflowX) && e.clientWidth <= width) return true;
        if (s.position === 'fixed') return true; } return false; };
    for (const e of document.querySelectorAll('div.contents *, div.header *'))
        if (e.getBoundingClientRect().right > width + 1 && !scrolls(e.parentElement) && getComputedStyle(e).visibility !== 'hidden')
            wide.push(e.tagName + '.' + e.className + ' ' + (e.textContent || '').slice(0, 40));
    if (document.documentElement.scrollWidth > width) wide.push('the page: ' + document.documentElement.scrollWidth);
    return wide.slice(0, 3).join('; ');
})()"""


# On paper nothing scrolls: what is wider is cut off. Hidden text of formulas is for screen readers.
CUT_OFF = """(() => {
    const width = document.documentElement.clientWidth;
    return [...document.querySelectorAll('div.contents *')].filter((e) => !e.ownerSVGElement && !e.closest('.katex-mathml') &&
        e.getBoundingClientRect().right > width + 1 && e.checkVisibility()).slice(0, 2).map((e) => e.tagName + ' ' + e.textContent.slice(0, 40)).join('; ');
})()"""


def formulas(browser):
    browser.open(url("zoo_adamw.html"))
    check("the equations of a rule are rendered",
          browser.run("document.querySelectorAll('.equations .katex-display .katex-html').length === 1"))
    check("no dollar, no backslash of a formula is left in the text",
          not browser.run(r"/\\[\[(]|\\frac|\\theta/.test(document.querySelector('div.contents').innerText)"))
    check("a fraction is higher than its line", browser.run("document.querySelector('.equations .mfrac > .vlist-t').getBoundingClientRect().height > 20"))
    check("KaTeX's own font is loaded", browser.wait("document.fonts.check('16px KaTeX_Main')"))


def graph(browser):
    browser.open(url("zoo_lamb.html"))
    text = browser.run("furl_unpack(document.querySelector('figure.graph').dataset.graph)")
    nodes = [part for part in text.split("|")[1:] if part[0] in "BEbe"]
    shown = browser.wait("[...document.querySelectorAll('figure.graph text')].filter((t) => t.getBoundingClientRect().width > 0).length")
    check("the program of a rule is drawn, each value of it", shown == len(nodes) > 10, f"{shown} of {len(nodes)}")


def search(browser):
    browser.open(url("index.html"))
    browser.run("document.getElementById('MSearchField').focus()")
    for letter in "adamw":
        browser.send("Input.dispatchKeyEvent", type="keyDown", text=letter, key=letter, code="Key" + letter.upper())
        browser.send("Input.dispatchKeyEvent", type="keyUp", key=letter, code="Key" + letter.upper())
    found = browser.wait("""(() => {
        const frame = document.getElementById('MSearchResults');
        const inside = frame && (frame.contentDocument ? frame.contentDocument : frame);
        const hits = inside ? [...inside.querySelectorAll('.SRResult')].filter((e) => e.style.display !== 'none') : [];
        const links = hits.flatMap((e) => [...e.querySelectorAll('a')].map((a) => a.getAttribute('href') || ''));
        return links.find((link) => link.includes('zoo_adamw.html')) || '';
    })()""")
    check("the search finds a rule by its name", bool(found), "no result leads to zoo_adamw.html")
    check("and its window is open", browser.run("getComputedStyle(document.getElementById('MSearchResultsWindow')).display === 'block'"))


def menu(browser):
    browser.size(390, 844)
    browser.open(url("index.html"))
    shown = "[...document.querySelectorAll('#main-menu > li > a')].filter((a) => a.getBoundingClientRect().height > 0).length"
    before = browser.run(shown)
    browser.run("document.querySelector('.main-menu-btn').click()")
    check("on a phone the menu opens", before == 0 and browser.wait(f"{shown} >= 4"), f"{before} entries, then {browser.run(shown)}")
    browser.size(1280, 900)


def table(browser):
    browser.open(url("zoo.html"))
    column = "[...document.querySelectorAll('#zoo-table tbody tr')].map((r) => r.cells[{}].textContent)"
    names = browser.run(column.format(0))
    check("the index has a row for each rule", len(names) == len(list(SITE.glob("zoo_*.html"))), f"{len(names)} rows")
    click = "document.querySelectorAll('#zoo-table th')[{}].click()"
    browser.run(click.format(3))
    up = [float(x) for x in browser.run(column.format(3))]
    check("a click on a heading sorts by numbers", up == sorted(up) and up[0] < up[-1])
    browser.run(click.format(3))
    down = [float(x) for x in browser.run(column.format(3))]
    check("another one turns the order", down == sorted(down, reverse=True))
    browser.run(click.format(0))
    check("names sort as text", browser.run(column.format(0)) == sorted(names))
    browser.run("""(() => { const i = document.querySelector('input.filter'); i.value = 'lookahead nothing';
        i.dispatchEvent(new Event('input')); })()""")
    none = browser.run("document.querySelectorAll('#zoo-table tbody tr:not([hidden])').length")
    browser.run("""(() => { const i = document.querySelector('input.filter'); i.value = 'sophia';
        i.dispatchEvent(new Event('input')); })()""")
    some = browser.run("document.querySelectorAll('#zoo-table tbody tr:not([hidden])').length")
    check("the filter leaves the rows that have the words", none == 0 and 0 < some < len(names), f"{none}, {some}")


def compare(browser):
    browser.open(url("compare.html#lion,sgd"))
    heads = browser.wait("[...document.querySelectorAll('#compare-result thead a')].map((a) => a.textContent).join()")
    check("two rules stand side by side, as the address says", heads == "lion,sgd", heads)
    check("with their equations", browser.wait("document.querySelectorAll('#compare-result .katex-display').length === 2"))
    check("and what differs is marked", browser.run("document.querySelectorAll('#compare-result td.differs').length > 4"))


LANGUAGES = ("numpy", "torch", "c", "cuda", "opencl")
ALL_TEXTS = """furl_load('{}').then((pack) => ({{texts: Object.fromEntries(Object.keys(pack.rules).map((rule) => [rule, furl_text(pack, rule)])),
    reasons: pack.reasons}}))"""
OPEN_TABS = "[...document.querySelectorAll('[role=tab]')].filter((e) => e.ariaSelected === 'true' && e.checkVisibility()).map((e) => e.textContent).join()"
OPEN_PANELS = "[...document.querySelectorAll('[role=tabpanel]')].filter((e) => e.checkVisibility()).map((e) => e.id).join()"


def printed():
    """What furl prints of each rule, by the program whose texts the site has."""
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "sources.json"
        subprocess.run([sys.argv[2], file], check=True)
        return json.loads(file.read_text())


def texts(browser):
    rules = printed()
    pages = {path.stem.removeprefix("zoo_"): path.read_text() for path in SITE.glob("zoo_*.html")}
    without = [rule for rule, page in pages.items() if not re.search(rf'data-rule="?{rule}\b', page)]
    check("the page of each rule has tabs", len(pages) > 100 and not without, " ".join(without))
    browser.open(url("zoo_adam.html"))
    for language in LANGUAGES:
        pack = browser.run(ALL_TEXTS.format(language))
        got, reasons = pack["texts"], pack["reasons"]
        missing = [rule for rule in pages if not got.get(rule) and not reasons.get(rule, {}).get("text")]
        wrong = [rule for rule, given in rules.items() if got.get(rule) != given.get(language)]
        check(f"every rule has a text in {language}, or a reason why not", not missing and len(got) > 100, " ".join(missing))
        check(f"the texts in {language} are what furl prints", not wrong, " ".join(wrong))


def tabs(browser):
    def press(key):
        for kind in ("keyDown", "keyUp"):
            browser.send("Input.dispatchKeyEvent", type=kind, key=key, code=key)

    browser.open(url("zoo_adamw.html"))
    check("a page opens with the rule in C++", browser.run(OPEN_TABS) == "C++" and browser.run(OPEN_PANELS) == "in_cpp", browser.run(OPEN_TABS))
    check("and loads no other language before it is asked for", browser.run("Object.keys(furl_data).length === 0"))
    browser.run("document.getElementById('tab_cpp').focus()")
    press("ArrowRight")
    shown = browser.wait("document.querySelector('#in_numpy div.fragment')?.textContent")
    check("an arrow key opens the next language, as furl prints it", shown == printed()["adamw"]["numpy"], str(shown)[:80])
    press("End")
    browser.wait("document.querySelector('#in_opencl div.fragment')")
    check("End opens the last one, alone", browser.run(OPEN_TABS) == "OpenCL" and browser.run(OPEN_PANELS) == "in_opencl", browser.run(OPEN_PANELS))
    check("code has a button that copies it", browser.run("!!document.querySelector('#in_opencl doxygen-awesome-fragment-copy-button')"))
    browser.send("Emulation.setEmulatedMedia", media="print")
    on_paper = browser.run("[...document.querySelectorAll('[role=tab], [role=tabpanel]')].filter((e) => e.checkVisibility()).map((e) => e.id).join()")
    check("on paper there is the open tab alone", on_paper == "tab_opencl,in_opencl", on_paper)
    browser.send("Emulation.setEmulatedMedia", media="")
    browser.size(390, 844)
    browser.open(url("zoo_lion.html"))
    check("the next page opens with the language that was chosen",
          browser.wait("document.querySelector('#in_opencl div.fragment')?.textContent.includes('lion_step')") and browser.run(OPEN_TABS) == "OpenCL")
    check("an open tab is not wider than a phone", not browser.run(OVERFLOW), browser.run(OVERFLOW))
    browser.size(1280, 900)
    browser.open(url("zoo_muon.html"))
    link = browser.wait("document.querySelector('#in_opencl a')?.getAttribute('href')")
    check("a rule that cannot be printed says why", link == "errors.html#E53" and
          browser.run("document.getElementById('in_opencl').textContent.includes('function of matrices')"), str(link))
    old = browser.send("Page.addScriptToEvaluateOnNewDocument", source="delete window.DecompressionStream")["identifier"]
    browser.open(url("zoo_adam.html"))
    check("a browser that cannot unpack says so", browser.wait("document.getElementById('in_opencl').textContent.includes('cannot show it')"))
    browser.send("Page.removeScriptToEvaluateOnNewDocument", identifier=old)
    browser.run("localStorage.clear()")


def schemes(browser):
    colours = []
    for name in ("light", "dark"):
        browser.scheme(name)
        browser.open(url("zoo_adam.html"))
        colours.append(browser.run("getComputedStyle(document.body).backgroundColor + getComputedStyle(document.body).color"))
    check("dark and light differ", colours[0] != colours[1], str(colours))
    browser.scheme("light")


def every_page(browser):
    noisy, wide, unrendered, cut_off, on_black = [], [], [], [], []
    names = pages_of_all_kinds()
    browser.size(390, 844)
    for name in names:
        browser.open(url(name))
        browser.wait("!document.querySelector('figure.graph:empty')")
        if browser.run("document.querySelectorAll('.katex-error').length || document.body.innerText.includes('ilinebr')"):
            unrendered.append(name)
        if overflow := browser.run(OVERFLOW):
            wide.append(f"{name}: {overflow}")
        browser.size(720, 1020)
        browser.run("DoxygenAwesomeDarkModeToggle.enableDarkMode(true); dispatchEvent(new Event('beforeprint'))")
        browser.send("Emulation.setEmulatedMedia", media="print")
        if cut := browser.run(CUT_OFF):
            cut_off.append(f"{name}: {cut}")
        if browser.run("getComputedStyle(document.body).color.match(/\\d+/g).some((c) => c > 100)"):
            on_black.append(name)
        browser.send("Emulation.setEmulatedMedia", media="")
        browser.size(390, 844)
        noisy += [f"{name}: {complaint}" for complaint in browser.complaints]
    browser.size(1280, 900)
    check(f"none of {len(names)} pages complains in its console", not noisy, " | ".join(noisy[:5]))
    check("nothing overflows at 390 px", not wide, " | ".join(wide[:8]))
    check("nothing is cut off on paper", not cut_off, " | ".join(cut_off[:8]))
    check("a dark page prints in dark letters", not on_black, " ".join(on_black[:8]))
    check("no formula is an error, and no command of Doxygen stands in a text", not unrendered, " ".join(unrendered))


def pictures(browser, folder):
    folder.mkdir(parents=True, exist_ok=True)
    for scheme in ("light", "dark"):
        browser.scheme(scheme)
        for width, height in ((1280, 1000), (390, 844)):
            browser.size(width, height)
            for page in ("index", "zoo", "zoo_adamw", "zoo_lamb", "blocks", "compare", "pipeline", "choosing", "numerics", "first_step"):
                browser.open(url(page + ".html"))
                time.sleep(0.6)  # the menu unfolds
                browser.picture(folder / f"{page}-{scheme}-{width}.png")
            browser.open(url("zoo_adamw.html"))
            browser.run("document.getElementById('tab_torch').click(); document.querySelector('.languages').scrollIntoView()")
            browser.wait("document.querySelector('#in_torch div.fragment')")
            browser.picture(folder / f"tab-{scheme}-{width}.png")
            browser.run("localStorage.clear()")


def main():
    program = chromium.find()
    if not program:
        print("1..0 # SKIP no chromium")
        return 77
    with chromium.Browser(program) as browser:
        browser.size(1280, 900)
        browser.scheme("light")
        for part in (formulas, graph, search, menu, table, compare, texts, tabs, schemes, every_page):
            part(browser)
        if len(sys.argv) > 3:
            pictures(browser, pathlib.Path(sys.argv[3]))
    print(f"1..{len(results)}")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())

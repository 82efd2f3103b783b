// Every formula renders: those of the built pages, those of the doc comments, and those of the page that compares.
// usage: node formulas.js SITE_FOLDER SOURCE_ROOT
const fs = require("fs");
const path = require("path");
const zlib = require("zlib");
const katex = require("/usr/share/javascript/katex/katex.min.js");

function files(folder, end) {
    return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
        const full = path.join(folder, entry.name);
        return entry.isDirectory() ? files(full, end) : entry.name.endsWith(end) ? [full] : [];
    });
}

const letters = { "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&#160;": " ", "&nbsp;": " ", "&amp;": "&" };
const plain = (html) => html.replace(/&\w+;|&#\d+;/g, (letter) => letters[letter] ?? letter);

function* formulas(site, root) {
    for (const file of files(site, ".html")) {
        const text = fs.readFileSync(file, "utf8").replace(/<(script|pre|code)\b.*?<\/\1>/gs, "");
        for (const [, display, inline] of text.matchAll(/\\\[(.*?)\\\]|\\\((.*?)\\\)/gs))
            yield [path.basename(file), plain(display ?? inline), display !== undefined];
        for (const [left] of text.matchAll(/\\f[$[\]].{0,40}/g)) throw new Error(`${file}: a formula was not taken as one: ${left}`);
    }
    for (const file of files(path.join(root, "include"), ".hpp")) {
        const text = fs.readFileSync(file, "utf8").replace(/\n\s*\/\/\/ ?/g, " ");
        for (const [, formula] of text.matchAll(/\\f\$(.*?)\\f\$/gs)) yield [path.relative(root, file), formula, false];
    }
    const [, data] = fs.readFileSync(path.join(site, "packed", "zoo.js"), "utf8").match(/"([^"]*)"\);/);
    const zoo = JSON.parse(zlib.inflateSync(Buffer.from(data, "base64")));
    for (const [name, rule] of Object.entries(zoo)) yield ["packed/zoo.js " + name, rule.latex, true];
}

const [site, root] = process.argv.slice(2);
let count = 0, failed = 0;
for (const [where, formula, displayMode] of formulas(site, root)) {
    ++count;
    try {
        const html = katex.renderToString(formula, { throwOnError: true, strict: "error", displayMode });
        const font = html.match(/class="[^"]*\b(mathcal|mathfrak|mathscr|mathsf|mathtt|texttt|textsf|boldsymbol|mathbf|textbf|mathbb|amsrm)\b/);
        if (font) throw new Error(`${font[1]}: this font is left out of the site, see docs/support/slim.py`);
    } catch (error) {
        ++failed;
        console.log(`${where}: ${error.message}\n    ${formula}`);
    }
}
console.log(`${count} formulas, ${failed} do not render`);
process.exit(failed > 0 || count < 300 ? 1 : 0);

// Formulas, tables that sort and filter, the switch of dark and light.
DoxygenAwesomeDarkModeToggle.init();
DoxygenAwesomeParagraphLink.init();

// Paper is white, and does not scroll: a formula that is wider than a page of A4 gets smaller letters.
function furl_prints(now) {
    DoxygenAwesomeDarkModeToggle.enableDarkMode(!now && DoxygenAwesomeDarkModeToggle.userPreference);
    for (const formula of document.querySelectorAll(".katex-display > .katex")) {
        const width = Math.max(...[...formula.querySelectorAll(".base")].map((part) => part.getBoundingClientRect().width));
        formula.style.fontSize = now && width > 640 ? `${640 / width}em` : "";
    }
}
addEventListener("beforeprint", () => furl_prints(true));
addEventListener("afterprint", () => furl_prints(false));

function furl_render(element) {
    renderMathInElement(element, {
        delimiters: [
            { left: "\\[", right: "\\]", display: true },
            { left: "\\(", right: "\\)", display: false },
        ],
        throwOnError: false,
    });
}

// Code with a button that copies it, and its lines as elements, whose long ones wrap with an indentation.
function furl_code(code) {
    if (code.tagName === "DIV") code.innerHTML = code.innerHTML.replace(/^\n/, "").replace(/.*\n|.+$/g, '<div class="line">$&</div>');
    if (!navigator.clipboard) return;
    const wrapper = Object.assign(document.createElement("div"), { className: "doxygen-awesome-fragment-wrapper" });
    const { copyIcon: innerHTML, title } = DoxygenAwesomeFragmentCopyButton;
    code.replaceWith(wrapper);
    wrapper.append(code, Object.assign(document.createElement("doxygen-awesome-fragment-copy-button"), { innerHTML, title }));
}

function furl_key(cell) {
    const text = cell.textContent.trim();
    return text !== "" && !isNaN(Number(text)) ? Number(text) : text.toLowerCase();
}

function furl_compare(a, b) {
    if (typeof a === typeof b) return a < b ? -1 : a > b ? 1 : 0;
    return typeof a === "number" ? -1 : 1;
}

function furl_sort(table, column) {
    const heads = [...table.tHead.rows[0].cells];
    const numbers = table.tBodies[0].rows[0]?.cells[column].classList.contains("n");
    const before = heads[column].getAttribute("aria-sort");
    const up = before ? before === "descending" : !numbers || column < 8;
    heads.forEach((head) => head.removeAttribute("aria-sort"));
    heads[column].setAttribute("aria-sort", up ? "ascending" : "descending");
    const rows = [...table.tBodies[0].rows].map((row, place) => ({ row, place, key: furl_key(row.cells[column]) }));
    rows.sort((a, b) => (up ? 1 : -1) * furl_compare(a.key, b.key) || a.place - b.place);
    table.tBodies[0].append(...rows.map((entry) => entry.row));
}

function furl_prepare(table) {
    [...table.tHead.rows[0].cells].forEach((head, column) => {
        head.tabIndex = 0;
        head.addEventListener("click", () => furl_sort(table, column));
        head.addEventListener("keydown", (event) => event.key === "Enter" && furl_sort(table, column));
    });
}

// A graph from its text, as support/graphs.py writes it.
async function furl_draw(figure) {
    let graph;
    try {
        graph = await furl_unpack(figure.dataset.graph);
    } catch (error) {
        figure.textContent = error.message;
        return;
    }
    const [size, ...parts] = graph.split("|");
    const [width, height] = size.split(" ");
    let edges = "", nodes = "";
    for (const part of parts) {
        const node = part.match(/^([BE])(\+?)(\S+) (\S+) (\S+) (.*)$/i);
        if (!node) {
            edges += `<path d="${part}"/>`;
            continue;
        }
        const [, shape, second, x, y, rx, label] = node;
        const ellipse = (more) => `<ellipse rx="${+rx + more}" ry="${18 + more}"/>`;
        const outline = /b/i.test(shape) ? `<rect x="${-rx}" y="-18" width="${2 * rx}" height="36"/>` : ellipse(0);
        const text = label.replace(/&/g, "&amp;").replace(/</g, "&lt;");
        nodes += `<g class="${/[be]/.test(shape) ? "q" : ""}" transform="translate(${x} ${y})">${second && ellipse(4)}${outline}<text>${text}</text></g>`;
    }
    figure.innerHTML = `<figcaption>Boxes are memory, grey is computed once a step, double circles reduce.</figcaption>
        <svg viewBox="-4 ${4 - height} ${width} ${height}" style="width:${0.9 * width}px" role="img" aria-label="the program as a graph">
        <marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0,1L8,4L0,7"/></marker>
        <g class="e">${edges}</g>${nodes}</svg>`;
}

document.addEventListener("DOMContentLoaded", () => {
    const contents = document.querySelector("div.contents");
    if (contents) furl_render(contents);
    document.querySelectorAll(".fragment").forEach(furl_code);
    document.querySelectorAll("div.languages").forEach(furl_tabs);
    document.querySelectorAll("table.sortable").forEach(furl_prepare);
    document.querySelectorAll("input.filter").forEach((input) => {
        const table = document.getElementById(input.dataset.table);
        input.addEventListener("input", () => {
            const words = input.value.toLowerCase().split(/\s+/);
            for (const row of table.tBodies[0].rows)
                row.hidden = !words.every((word) => row.textContent.toLowerCase().includes(word));
        });
    });
    document.querySelectorAll("figure.graph").forEach(furl_draw);
    const name = document.getElementById("projectname");
    if (name) name.firstChild.replaceWith(Object.assign(document.createElement("a"), { href: "index.html", textContent: "furl" }));
});

// The page that sets two rules side by side. Its choice stands in the address: compare.html#adam,lion
(async () => {
    const left = document.getElementById("compare-left");
    const right = document.getElementById("compare-right");
    const result = document.getElementById("compare-result");

    let zoo;
    try {
        zoo = await furl_load("zoo");
    } catch (error) {
        result.textContent = error.message;
        return;
    }
    const names = Object.keys(zoo);

    const element = (tag, text = "", className = "") =>
        Object.assign(document.createElement(tag), { textContent: text, className });

    function add_row(body, title, a, b, fill) {
        const row = body.insertRow();
        row.append(element("th", title));
        for (const value of [a, b]) {
            const cell = row.insertCell();
            fill(cell, value);
            if (JSON.stringify(a) !== JSON.stringify(b)) cell.classList.add("differs");
        }
    }

    const as_text = (cell, value) => (cell.textContent = value ?? "\u2013");
    const as_html = (cell, value) => (cell.innerHTML = value ?? "");
    const as_formula = (cell, value) => (cell.textContent = "\\[" + value + "\\]");
    const as_list = (cell, value) => {
        for (const [name, what] of Object.entries(value ?? {})) {
            const line = element("div");
            line.append(element("code", name), " " + what);
            cell.append(line);
        }
    };

    function show() {
        const a = zoo[left.value], b = zoo[right.value];
        const table = element("table", "", "facts");
        const head = table.createTHead().insertRow();
        head.append(element("th"));
        for (const name of [left.value, right.value]) {
            const cell = element("th");
            cell.append(Object.assign(element("a", name), { href: "zoo_" + name + ".html" }));
            head.append(cell);
        }
        const body = table.createTBody();
        add_row(body, "what it is", a.what, b.what, as_html);
        add_row(body, "equations", a.latex, b.latex, as_formula);
        add_row(body, "hyperparameters", a.hyperparameters, b.hyperparameters, as_list);
        add_row(body, "states", a.states, b.states, as_list);
        for (const what of new Set([...Object.keys(a.cost), ...Object.keys(b.cost)]))
            add_row(body, what, a.cost[what], b.cost[what], as_text);
        add_row(body, "source", a.source, b.source, as_html);
        result.replaceChildren(table);
        if (window.renderMathInElement) furl_render(result);
        history.replaceState(null, "", "#" + left.value + "," + right.value);
    }

    for (const list of [left, right]) {
        list.append(...names.map((name) => new Option(name)));
        list.addEventListener("change", show);
    }
    document.getElementById("compare-swap").addEventListener("click", () => {
        [left.value, right.value] = [right.value, left.value];
        show();
    });
    const wanted = decodeURIComponent(location.hash.slice(1)).split(",");
    left.value = names.includes(wanted[0]) ? wanted[0] : "adam";
    right.value = names.includes(wanted[1]) ? wanted[1] : left.value === "adamw" ? "adam" : "adamw";
    show();
})();

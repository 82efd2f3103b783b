// Unpacks the data that docs/support/packed.py has packed. A picture is in its page. Texts are in scripts, which a page loads when it
// needs them, because a page that is opened from a file may load scripts, but no other data.
const furl_data = {};

function furl_packed(name, text) {
    furl_data[name].take(text);
}

async function furl_unpack(text) {
    if (!window.DecompressionStream) throw new Error("This browser cannot show it: it has no DecompressionStream, which browsers have since 2023.");
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))).json();
}

// The data of a name, a promise. The script is loaded once.
function furl_load(name) {
    if (!furl_data[name]) {
        furl_data[name] = {};
        furl_data[name].value = new Promise((take, fail) => {
            furl_data[name].take = take;
            const script = document.createElement("script");
            script.onerror = () => fail(new Error(`packed/${name}.js cannot be read.`));
            script.src = `packed/${name}.js`;
            document.head.append(script);
        }).then(furl_unpack);
    }
    return furl_data[name].value;
}

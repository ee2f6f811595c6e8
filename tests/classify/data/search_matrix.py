#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints search_matrix.h: values in every coding and digest that the search undoes, written by
Python's own libraries, openssl and the programs zstd and brotli."""
import base64, gzip, hashlib, html, json, subprocess, urllib.parse, zlib

VALUES = ["zhang.san@example.com", "13812345678", "王小明明", "减肥", "11010519491231002X",
          "北京市朝阳区建国路88号"]


def run(*args, data):
    return subprocess.run(args, input=data, capture_output=True, check=True).stdout


def b64(data):
    return base64.b64encode(data).decode()


def url64(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def percent_all(data, form="%%%02X"):
    return "".join(form % c for c in data)


def raw_deflate(data):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def units(text, form):
    raw = text.encode("utf-16-be")
    return "".join(form % (raw[i] << 8 | raw[i + 1]) for i in range(0, len(raw), 2))


def codings(text):
    raw = text.encode()
    gbk = text.encode("gbk")
    note = json.dumps({"event": "view", "v": text}, ensure_ascii=False).encode()
    escaped = json.dumps({"v": text, "u": units(text, "\\u%04x")}).encode()
    quote = lambda s: urllib.parse.quote(s, safe="")
    yield "plain", text
    yield "percent", quote(text)
    yield "percent, all bytes", percent_all(raw)
    yield "percent, lower case", percent_all(raw, "%%%02x")
    yield "percent twice", quote(percent_all(raw))
    yield "percent three times", quote(quote(percent_all(raw)))
    yield "percent of GBK", percent_all(gbk)
    yield "escape()", units(text, "%%u%04X")
    yield "JSON", units(text, "\\u%04x")
    yield "JSON in JSON", units(text, "\\\\u%04x")
    yield "bytes of scripts", "".join("\\x%02x" % c for c in raw)
    yield "entities", "".join("&#%d;" % ord(c) for c in text)
    yield "entities in hex", "".join("&#x%X;" % ord(c) for c in text)
    yield "percent of entities", quote("".join("&#%d;" % ord(c) for c in text))
    for shift in range(3):
        yield "base64 at %d" % shift, b64(b"{::"[:shift] + raw + b"}")
        yield "base64url at %d" % shift, url64(b"~{::"[:shift] + raw)
        yield "percent of base64 at %d" % shift, quote(b64(b"{::"[:shift] + raw))
        yield "base64 of GBK at %d" % shift, b64(b"<!>"[:shift] + gbk)
    yield "base64 of base64", b64(b64(raw).encode())
    yield "base64 of percent", b64(percent_all(raw).encode())
    yield "base64 three times", b64(b64(b64(note).encode()).encode())
    yield "base32", base64.b32encode(raw).decode()
    yield "base32 without padding", base64.b32encode(raw).decode().rstrip("=")
    yield "base32 in lower case", base64.b32encode(raw).decode().rstrip("=").lower()
    yield "hex", raw.hex()
    yield "hex, upper case", raw.hex().upper()
    yield "hex of UTF-16LE", text.encode("utf-16-le").hex()
    yield "hex of hex", raw.hex().encode().hex()
    yield "gzip in base64", b64(gzip.compress(note, mtime=0))
    yield "zlib in base64url", url64(zlib.compress(note))
    yield "deflate in base64", b64(raw_deflate(note))
    yield "zstd in base64", b64(run("zstd", "-q", "-c", data=note))
    yield "brotli in base64", b64(run("brotli", "-c", data=note))
    yield "JSON in gzip in base64", b64(gzip.compress(escaped, mtime=0))
    yield "gzip in base64, percent", quote(b64(gzip.compress(note, mtime=0)))
    yield "gzip in hex", gzip.compress(note, mtime=0).hex()
    yield "JSON in base64, percent", quote(b64(escaped))
    yield "gzip in base64 in JSON in percent", quote(json.dumps({"d": b64(gzip.compress(note, mtime=0))}))
    yield "JWT", ".".join(url64(p) for p in (b'{"alg":"HS256","typ":"JWT"}', note, b"\x01\x99" * 16))


HASHES = ["md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha3-224", "sha3-256",
          "sha3-384", "sha3-512", "ripemd160", "sm3"]


def digest(name, data):
    return bytes.fromhex(run("openssl", "dgst", "-" + name, "-r", data=data).split()[0].decode())


def digests(text):
    raw = text.encode()
    for name in HASHES:
        d = digest(name, raw)
        yield name, "", d.hex()
        yield name, "", d.hex().upper()
        yield name, "", b64(d)
        yield name, "", url64(d)
        yield name, "", urllib.parse.quote(b64(d), safe="")
        yield name, "", b64(d.hex().encode())
        yield name, "", base64.b32encode(d).decode()
    for inner in ("md5", "sha1", "sha256"):
        for outer in ("md5", "sha1", "sha256"):
            d = digest(inner, raw).hex()
            yield outer, inner, digest(outer, d.encode()).hex()
            yield outer, inner, digest(outer, d.upper().encode()).hex()


def literal(text):
    out, hexed = "", False
    for c in text.encode():
        if c in b'"\\':
            out, hexed = out + "\\" + chr(c), False
        elif c < 0x20 or c > 0x7e or c == ord("?"):
            out, hexed = out + "\\x%02x" % c, True
        else:
            out, hexed = out + ('""' if hexed and chr(c) in "0123456789abcdefABCDEF" else "") + chr(c), False
    return '"%s"' % out


print("/* SPDX-License-Identifier: Apache-2.0 */")
print("/* Made by search_matrix.py; not to be edited. */")
print("/* clang-format off */")
print("static const char *const matrix_values[] = {")
for value in VALUES:
    print("    %s," % literal(value))
print("};\n\nstatic const struct matrix_row {\n    unsigned value;\n    const char *coding, "
      "*outer, *inner, *text;\n} matrix_rows[] = {")
for i, value in enumerate(VALUES):
    for name, text in codings(value):
        print('    {%d, "%s", "", "", %s},' % (i, name, literal(text)))
    for outer, inner, text in digests(value):
        print('    {%d, "digest", "%s", "%s", %s},' % (i, outer, inner, literal(text)))
print("};\n/* clang-format on */")

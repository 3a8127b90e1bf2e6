# encode: standard input as one word; $e says how, b (base64) or x (hexadecimal, where there is no base64).
if command -v base64 >/dev/null 2>&1; then e=b; encode() { base64 | tr -d '\n'; }
else e=x; encode() { od -An -v -tx1 | tr -d ' \n'; }; fi

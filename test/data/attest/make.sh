#!/bin/sh
# Made rsa.pem and rsa-vcek.der beside this file, once: a chain in the algorithms of AMD's own, RSA 4096 with PSS up to
# the ASK. The VCEK's key is the one of test/unit/tools/attest/evidence.py; the RSA keys were thrown away.
set -eu
here=$(dirname "$(readlink -f "$0")")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
pss='-sha384 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:48 -sigopt rsa_mgf1_md:sha384'
amd=1.3.6.1.4.1.3704.1
cd "$work"
for name in ark ask; do openssl genrsa -out $name.key 4096; done
PYTHONPATH="$here/../../unit/tools/attest" /usr/bin/python3 -B -c 'import evidence; evidence.write_vcek_key("vcek.key")'
printf 'basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign\n' >ca.txt
{
    printf '%s=ASN1:INTEGER:%d\n' $amd.1 1 $amd.3.1 4 $amd.3.2 0 $amd.3.3 22 $amd.3.8 213
    printf '%s=ASN1:IA5STRING:Milan-B0\n' $amd.2
    printf '%s=DER:%s\n' $amd.4 "$(printf 'c5%.0s' $(seq 64))"
} >vcek.txt
for name in ark ask vcek; do openssl req -new -key $name.key -subj "/CN=Synthetic RSA $name" -out $name.csr; done
# shellcheck disable=SC2086 # pss is words
{
    openssl x509 -req -in ark.csr -signkey ark.key -days 20000 -extfile ca.txt $pss -out ark.pem
    openssl x509 -req -in ask.csr -CA ark.pem -CAkey ark.key -CAcreateserial -days 20000 -extfile ca.txt $pss -out ask.pem
    openssl x509 -req -in vcek.csr -CA ask.pem -CAkey ask.key -CAcreateserial -days 20000 -extfile vcek.txt $pss \
        -outform DER -out "$here/rsa-vcek.der"
}
openssl x509 -in ask.pem >"$here/rsa.pem"
openssl x509 -in ark.pem >>"$here/rsa.pem"

# The files of an image made of a binary for this machine. To be sourced.
#
#   root_of_binary BINARY ROOT     the binary, the libraries it needs, and the root certificates

root_of_binary() {
  install -D "$1" "$2/usr/bin/gaitkeeper"
  install -D -m 0644 /etc/ssl/certs/ca-certificates.crt "$2/etc/ssl/certs/ca-certificates.crt"
  ldd "$1" | grep -o '/[^ ]*' | while read -r library; do install -D "$library" "$2$library"; done
}

// Receives traces over OTLP/HTTP, reads them with the library that the OpenTelemetry Collector reads them with, and writes
// each request as a line of JSON.
//
//	receiver ADDRESS FILE AUTHORIZATION
package main

import (
	"io"
	"log"
	"net/http"
	"os"

	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
)

func main() {
	address, path, authorization := os.Args[1], os.Args[2], os.Args[3]
	file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("POST /v1/traces", func(out http.ResponseWriter, in *http.Request) {
		if in.Header.Get("Authorization") != authorization {
			http.Error(out, "who are you?", http.StatusUnauthorized)
			return
		}
		if in.Header.Get("Content-Type") != "application/x-protobuf" {
			http.Error(out, "not protobuf", http.StatusUnsupportedMediaType)
			return
		}
		body, err := io.ReadAll(in.Body)
		if err != nil {
			http.Error(out, err.Error(), http.StatusBadRequest)
			return
		}
		request := ptraceotlp.NewExportRequest()
		if err := request.UnmarshalProto(body); err != nil {
			http.Error(out, err.Error(), http.StatusBadRequest)
			return
		}
		line, err := request.MarshalJSON()
		if err == nil {
			_, err = file.Write(append(line, '\n'))
		}
		if err != nil {
			http.Error(out, err.Error(), http.StatusInternalServerError)
			return
		}
		answer, err := ptraceotlp.NewExportResponse().MarshalProto()
		if err != nil {
			http.Error(out, err.Error(), http.StatusInternalServerError)
			return
		}
		out.Header().Set("Content-Type", "application/x-protobuf")
		out.Write(answer)
	})
	log.Fatal(http.ListenAndServe(address, nil))
}

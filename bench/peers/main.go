// The same questions for os/exec: main QUESTION PARAMETER prints the values as
// JSON.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"time"
)

const mib = 1024 * 1024

// run starts a program, throws its output away and waits for its end.
func run(program string, args ...string) {
	command := exec.Command(program, args...)
	// What is no file is read from a pipe.
	command.Stdout, command.Stderr = io.Discard, io.Discard
	must(command.Run())
}

// milliseconds tells how long something takes, for each of a number.
func milliseconds(count int, act func()) float64 {
	start := time.Now()
	act()
	return float64(time.Since(start).Microseconds()) / 1000 / float64(count)
}

func oneByOne(count int) {
	for i := 0; i < count; i++ {
		run("/bin/true")
	}
}

func spawn(count int) map[string]float64 {
	oneByOne(32)
	return map[string]float64{
		"one by one": milliseconds(count, func() { oneByOne(count) }),
		"32 at once": milliseconds(count, func() {
			for i := 0; i < count; i += 32 {
				var group sync.WaitGroup
				for j := 0; j < 32; j++ {
					group.Add(1)
					go func() { defer group.Done(); run("/bin/true") }()
				}
				group.Wait()
			}
		}),
	}
}

func restart(count int) map[string]float64 {
	oneByOne(count / 3)
	return map[string]float64{
		"restart": milliseconds(count, func() { oneByOne(count) }),
	}
}

// speed reads output to its end and tells how many MiB come in a second.
func speed(size int, program string, args ...string) float64 {
	command := exec.Command(program, args...)
	stdout, err := command.StdoutPipe()
	must(err)
	command.Stderr = io.Discard
	start := time.Now()
	must(command.Start())
	buffer, bytes := make([]byte, 32*1024), 0
	for err == nil {
		var length int
		length, err = stdout.Read(buffer)
		bytes += length
	}
	must(command.Wait())
	if bytes != size*mib {
		must(fmt.Errorf("%d bytes of %d MiB", bytes, size))
	}
	return float64(size) / time.Since(start).Seconds()
}

func bytes(size int) map[string]float64 {
	path := fmt.Sprintf("%s/%d", os.Getenv("BENCH_TMP"), size)
	if _, err := os.Stat(path); err != nil {
		must(os.WriteFile(path, make([]byte, size*mib), 0o600))
	}
	head := func(size int) float64 {
		return speed(size, "/usr/bin/head", "-c", strconv.Itoa(size*mib), "/dev/zero")
	}
	head(128)
	return map[string]float64{
		"head -c": head(size),
		"dd bs=1M": speed(size, "/bin/dd", "if=/dev/zero", "bs=1M",
			fmt.Sprintf("count=%d", size), "status=none"),
		"cat": speed(size, "/bin/cat", path),
	}
}

func main() {
	questions := map[string]func(int) map[string]float64{
		"spawn": spawn, "restart": restart, "bytes": bytes,
	}
	parameter, err := strconv.Atoi(os.Args[2])
	must(err)
	values, err := json.Marshal(questions[os.Args[1]](parameter))
	must(err)
	fmt.Println(string(values))
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

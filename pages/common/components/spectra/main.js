// Mounts the panels.

export default function ({ data, parentElement, setTriggerValue }) {
  const spectra = (parentElement.spectra ??= new Spectra(parentElement));
  spectra.receive(unpack(data), setTriggerValue);
  return () => {
    if (parentElement.isConnected) return; // only new data
    spectra.destroy();
    delete parentElement.spectra;
  };
}
